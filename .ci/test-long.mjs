// `npm run test:long [-- PATTERN]`: the tests that have two sizes, in their long one, one after the
// other, for some of them measure; without a pattern also the mutants by which an acknowledged order could
// be lost or doubled. Hours, in all; not part of what a change must pass.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const binaries = join(process.cwd(), "node_modules", ".bin");
const path = `${binaries}${delimiter}${process.env.PATH}`;
const args = process.argv.slice(2).map((arg) => ` ${JSON.stringify(arg)}`);

function run(command, more = {}) {
  const env = { ...process.env, PATH: path, ...more };
  return spawnSync(command, { shell: true, stdio: "inherit", env }).status === 0;
}

let isGood = run(`${scripts.jest} --runInBand${args.join("")}`, { SOLEBOOK_LONG: "1" });
for (const suite of args.length === 0 ? ["shell", "kit"] : []) {
  isGood = run(`${scripts.mutants} ${suite}`) && isGood;
}
process.exit(isGood ? 0 : 1);
