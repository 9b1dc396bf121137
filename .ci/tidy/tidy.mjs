// `npm run tidy`: import directions by dependency-cruiser, bans and sizes by oxlint. Exits 1 and
// says what is wrong. Run in another folder it checks that one: its own test does so.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import directions from "./directions.mjs";

const FOLDERS = ["engine", "gateway", "cli", "proto", "satellites", "bench", "loadtest"];

const wrong = [...(await importsWrong()), ...oxlintWrong()];
for (const line of wrong) console.error(line);
if (wrong.length > 0) process.exit(1);

async function importsWrong() {
  const { options, forbidden } = directions;
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(folder)),
    { ...options, validate: true, ruleSet: { forbidden, allowed: [], required: [] } },
    options.enhancedResolveOptions,
    { tsConfig: extractTSConfig("tsconfig.json") },
  );
  const ours = output.modules.filter(({ source }) => source.endsWith(".ts"));
  const imports = ours.flatMap((module) => module.dependencies);
  const typeImports = imports.filter(({ dependencyTypes }) =>
    dependencyTypes.includes("type-only"),
  );
  console.log(
    `import directions: ${ours.length} modules, ${imports.length} imports, ` +
      `${typeImports.length} of them of types only`,
  );
  const lines = output.summary.violations.map(
    ({ rule, from, to }) => `${from} -> ${to}: ${rule.name}`,
  );
  // With a TypeScript it cannot use, dependency-cruiser reads nothing and is content.
  if (imports.length === 0 || typeImports.length === 0) {
    lines.push("import directions: no module was read, so nothing was checked");
  }
  return lines;
}

function oxlintWrong() {
  const oxlint = fileURLToPath(import.meta.resolve("oxlint/package.json")).replace(
    "package.json",
    "bin/oxlint",
  );
  const args = [oxlint, "-c", "oxlint.tidy.json", "--deny-warnings", "-f", "unix"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status === 0) return [];
  return [`${stdout}${stderr}`.trim()];
}
