// `npm test`: everything there is, one part after the other, stopping at the first that fails.
// The tests come last, so that their summary is the last thing on the screen; what follows
// `npm test --` goes to jest.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const PARTS = ["typecheck", "lint", "format:check", "tidy", "proto:check", "jest"];

const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
const binaries = join(process.cwd(), "node_modules", ".bin");
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };

if (!process.version.startsWith("v22.")) {
  console.error(
    `npm test needs Node 22, this is ${process.version}: run \`npm ci\`, it brings one`,
  );
  process.exit(1);
}

for (const part of PARTS) {
  const startMs = performance.now();
  console.log(`\n== ${part}`);
  const args = part === "jest" ? process.argv.slice(2).map((arg) => ` ${JSON.stringify(arg)}`) : [];
  const { status } = spawnSync(scripts[part] + args.join(""), {
    shell: true,
    stdio: "inherit",
    env,
  });
  if (part === "jest") process.exit(status ?? 1);
  if (status !== 0) {
    console.error(
      `\nnpm test: ${part} failed (alone: npm run ${part}); what comes after was not run`,
    );
    process.exit(1);
  }
  console.log(`   fine, ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}
