// `npm run proto:check`: the schema reads well, takes nothing back that main has promised, and the
// generated code is what it generates.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

run("buf", ["lint"]);
compareWithMain();
compareWithGenerated();

function compareWithMain() {
  const base = ["origin/main", "main"].find(
    (ref) => git("rev-parse", "--verify", ref).status === 0,
  );
  if (base === undefined) return say("no git or no main here: NOT compared with earlier schemas");
  const tree = git("ls-tree", "-r", "--name-only", base, "buf.yaml", "proto").stdout.toString();
  if (!tree.includes(".proto")) return say(`${base} has no schema yet: nothing to compare with`);
  const { stdout: archive } = git("archive", "--format=tar", base, "buf.yaml", "proto");
  run("buf", ["breaking", "--against", "-#format=tar"], archive);
}

function compareWithGenerated() {
  const folder = mkdtempSync(join(tmpdir(), "solebook-proto-"));
  try {
    run("buf", ["generate", "--template", "proto/buf.gen.yaml", "-o", folder]);
    const fresh = contents(join(folder, "proto/gen"));
    const committed = contents("proto/gen");
    const stale = [...new Set([...fresh.keys(), ...committed.keys()])].filter(
      (file) => fresh.get(file) !== committed.get(file),
    );
    if (stale.length > 0) fail(`proto/gen is stale, run \`npm run proto\`: ${stale.join(", ")}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function contents(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(files.map((file) => [file.slice(folder.length), readFileSync(file, "utf8")]));
}

function git(...args) {
  return spawnSync("git", args, { maxBuffer: 256 * 1024 * 1024 });
}

function run(program, args, input) {
  const options = { input, stdio: [input === undefined ? "ignore" : "pipe", "inherit", "inherit"] };
  const { status, error } = spawnSync(program, args, options);
  if (status !== 0) fail(`${program} ${args.join(" ")} failed${error ? `: ${error.message}` : ""}`);
}

function say(words) {
  console.log(`proto: ${words}`);
}

function fail(words) {
  console.error(`proto: ${words}`);
  process.exit(1);
}
