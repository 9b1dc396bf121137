// `npm run test:long [-- PATTERN]`: the tests that have two sizes, in their long one, one after the
// other, for some of them measure. Hours, in all; not part of what a change must pass.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const binaries = join(process.cwd(), "node_modules", ".bin");
const path = `${binaries}${delimiter}${process.env.PATH}`;
const args = process.argv.slice(2).map((arg) => ` ${JSON.stringify(arg)}`);
const { status } = spawnSync(`${scripts.jest} --runInBand${args.join("")}`, {
  shell: true,
  stdio: "inherit",
  env: { ...process.env, PATH: path, SOLEBOOK_LONG: "1" },
});
process.exit(status ?? 1);
