// `npm test`: everything there is. First what reads the sources, all of it at the same time; each says
// its words when it is done. Then, if all of them are content, the tests: they come last, so that their
// summary is the last thing on the screen. What follows `npm test --` goes to jest.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const CHECKS = ["typecheck", "lint", "tidy", "proto:check", "format:check"];

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const binaries = join(process.cwd(), "node_modules", ".bin");
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };

if (!process.version.startsWith("v22.")) {
  console.error(
    `npm test needs Node 22, this is ${process.version}: run \`npm ci\`, it brings one`,
  );
  process.exit(1);
}

console.log(`== ${CHECKS.join(", ")}: at the same time; then the tests`);
const failed = (await Promise.all(CHECKS.map(check))).filter((name) => name !== null);
if (failed.length > 0) {
  const alone = failed.map((name) => `npm run ${name}`).join(", ");
  console.error(`\nnpm test: FAILED (alone: ${alone}); the tests were not run`);
  process.exit(1);
}

console.log("\n== jest: minutes; it starts real servers and a browser");
const args = process.argv.slice(2).map((arg) => ` ${JSON.stringify(arg)}`);
const { status } = await run(scripts.jest + args.join(""), "inherit");
console.log(
  `\nnpm test: ${status === 0 ? "everything passed" : "FAILED"}, ${secondsSince(0)} s in all`,
);
process.exit(status);

/** The name of what failed, null when it did not. */
async function check(name) {
  const startMs = performance.now();
  const { status, words } = await run(scripts[name], ["ignore", "pipe", "pipe"]);
  if (status === 0) console.log(`   ${name}: fine, ${secondsSince(startMs)} s`);
  else console.error(`\n== ${name}: FAILED\n${words.trim()}\n`);
  return status === 0 ? null : name;
}

function run(command, stdio) {
  const child = spawn(command, { shell: true, stdio, env });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => (words += text));
  }
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ status: 1, words: String(error) }));
    child.once("close", (status) => resolve({ status: status ?? 1, words }));
  });
}

function secondsSince(startMs) {
  return ((performance.now() - startMs) / 1000).toFixed(1);
}
