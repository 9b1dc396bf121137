// `npm run mutants [-- SUITE] [-- SUITE NUMBER]`: makes one deliberate fault after the other in a copy of
// the project and shows that the tests catch each. Fails when one survives, or when its text is gone.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const fromHere = (file) => fileURLToPath(new URL(file, import.meta.url));
const [name = "core", only] = process.argv.slice(2);
// A fault that is none would be "caught" by nobody.
if (!existsSync(fromHere(`${name}.mjs`))) refuse(`there is no suite "${name}"`);
const { default: suite } = await import(`./${name}.mjs`);
const most = suite?.mutants?.length ?? refuse(`"${name}" is no suite`);
if (only !== undefined && !(/^[1-9]\d*$/.test(only) && Number(only) <= most)) {
  refuse(`NUMBER is from 1 to ${most}, not "${only}"`);
}
const copy = mkdtempSync(join(tmpdir(), "solebook-mutants-"));

for (const path of suite.copies) cpSync(join(root, path), join(copy, path), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

function refuse(words) {
  console.error(`${words}: npm run mutants [-- SUITE [NUMBER]]`);
  process.exit(2);
}

// Most faults fall at once to the few tests of `first`, so that all of them need run for few.
const rounds = [...(suite.first ?? []), suite.tests];
const patienceMs = rounds.map(() => 600_000); // until it is known how long they take here
let running = 0; // the group of the tests that run

function endRunning() {
  if (running === 0) return;
  try {
    process.kill(-running, "SIGKILL");
  } catch {} // nobody of the group is left, as it should be
  running = 0;
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));
process.on("exit", () => {
  endRunning();
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
});

/**
 * What these tests make of the copy as it is now. They run in a group of their own, so that nothing a
 * fault made endless is left behind; and jest, which would call a slow machine a failure, never gives up.
 */
async function judge(round) {
  const jest = join(root, "node_modules/jest/bin/jest.js");
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const strict = ["--bail=1", "--silent", `--testTimeout=${2 * patienceMs[round]}`];
  strict.push("--reporters=default", `--reporters=${fromHere("first-failure.mjs")}`);
  strict.push(`--testSequencer=${fromHere("by-path.mjs")}`);
  const child = spawn(process.execPath, [...flags, jest, ...strict, ...rounds[round]], {
    cwd: copy,
    stdio: process.env.LOUD ? "inherit" : "ignore",
    detached: true,
  });
  running = child.pid;
  let isEndless = false;
  const timer = setTimeout(() => {
    isEndless = true;
    endRunning();
  }, patienceMs[round]);
  const [status] = await once(child, "exit");
  clearTimeout(timer);
  endRunning();
  if (isEndless) return "caught, for it does not end,";
  return status === 0 ? "SURVIVED" : "caught";
}

async function judgeAll() {
  for (const round of rounds.keys()) {
    const outcome = await judge(round);
    if (outcome !== "SURVIVED") return outcome;
  }
  return "SURVIVED";
}

for (const round of only === undefined ? rounds.keys() : []) {
  const startMs = performance.now();
  if ((await judge(round)) !== "SURVIVED") {
    console.error("the tests fail without any fault: mend them first");
    process.exit(1);
  }
  patienceMs[round] = Math.ceil(30_000 + 3 * (performance.now() - startMs));
}

let failed = 0;
for (const [index, { file, what, find, replace }] of suite.mutants.entries()) {
  if (only !== undefined && Number(only) !== index + 1) continue;
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  const startMs = performance.now();
  let outcome = "NOT ONCE IN ITS FILE";
  if (text.split(find).length !== 2) failed++;
  else {
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
    outcome = await judgeAll();
    writeFileSync(path, text);
    if (outcome === "SURVIVED") failed++;
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${String(index + 1).padStart(2)} ${outcome} in ${seconds} s: ${what} (${file})`);
}
const count = only === undefined ? suite.mutants.length : 1;
console.log(`${count - failed} of ${count} caught`);
process.exit(failed === 0 ? 0 : 1);
