// `npm run mutants [-- SUITE] [-- SUITE NUMBER]`: makes one deliberate fault after the other in a copy of
// the project and shows that the tests catch each. Fails when one survives, or when its text is gone.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [name = "core", only] = process.argv.slice(2);
const { default: suite } = await import(`./${name}.mjs`);
const copy = mkdtempSync(join(tmpdir(), "solebook-mutants-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
process.on("SIGINT", () => process.exit(130));

for (const path of suite.copies) cpSync(join(root, path), join(copy, path), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/** Whether the tests pass in the copy as it is now. */
function pass() {
  const jest = join(root, "node_modules/jest/bin/jest.js");
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const args = [...flags, jest, "--bail=1", "--silent", ...suite.tests];
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: copy,
    stdio: process.env.LOUD ? "inherit" : "ignore",
    timeout: 120_000, // a fault may well make something endless
  });
  return status === 0 && signal === null;
}

if (only === undefined && !pass()) {
  console.error("the tests fail without any fault: mend them first");
  process.exit(1);
}

let failed = 0;
for (const [index, { file, what, find, replace }] of suite.mutants.entries()) {
  if (only !== undefined && Number(only) !== index + 1) continue;
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const startMs = performance.now();
  let outcome = "caught";
  if (text.split(find).length !== 2) outcome = "NOT ONCE IN ITS FILE";
  else {
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
    if (pass()) outcome = "SURVIVED";
    writeFileSync(path, text);
  }
  if (outcome !== "caught") failed++;
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${String(index + 1).padStart(2)} ${outcome} in ${seconds} s: ${what} (${file})`);
}
const count = only === undefined ? suite.mutants.length : 1;
console.log(`${count - failed} of ${count} caught`);
process.exit(failed === 0 ? 0 : 1);
