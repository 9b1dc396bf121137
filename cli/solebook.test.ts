// The door: quiet about Node's experiments, honest about signals and exit codes, clear when nothing
// is installed. It opens to a main.ts of our own in a temporary folder.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("./", import.meta.url));
const LOADER = "engine/shell/local-imports.ts";
const WORKER = `import "node:sqlite"; const n: number = 1; console.log("worker", n);`;
const MAIN = `
import "node:sqlite";
import { Worker } from "node:worker_threads";
export async function main(argv: string[]): Promise<void> {
  if (argv[0] === "wait") {
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.on(signal, () => {
        console.log(signal);
        setTimeout(() => process.exit(0), 300);
      });
    }
    setInterval(() => {}, 1000);
    console.log("ready");
  } else {
    console.log("main", JSON.stringify(argv));
    new Worker(new URL("./worker.ts", import.meta.url)).on("exit", () => (process.exitCode = 7));
  }
}
`;

let folder = "";
let door = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solebook-door-"));
  door = join(folder, "cli/solebook.mjs");
  mkdirSync(join(folder, "cli"));
  for (const file of ["solebook.mjs", "node-of-this-clone.mjs", "package.json"]) {
    cpSync(join(here, file), join(folder, "cli", file));
  }
  for (const file of ["package.json", LOADER]) {
    cpSync(join(here, "..", file), join(folder, file));
  }
  writeFileSync(join(folder, "cli/main.ts"), MAIN);
  writeFileSync(join(folder, "cli/worker.ts"), WORKER);
  symlinkSync(join(here, "../node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("arguments go in, the exit code comes out, and no warning is heard", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [door, "a", "b c"], {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 7,
    stdout: 'main ["a","b c"]\nworker 1\n',
    stderr: "",
  });
});

test("under npm, one Ctrl-C is one signal", async () => {
  const child = start(process.execPath, [door, "wait"]);
  await child.says("ready");
  child.process.kill("SIGINT");
  setTimeout(() => child.process.kill("SIGINT"), 100);
  expect(await child.ended).toBe("ready\nSIGINT\n");
});

test("under npm, the death of npm's shell ends us in order", async () => {
  const child = start("sh", ["-c", `"${process.execPath}" "${door}" wait; exit 1`]);
  await child.says("ready");
  child.process.kill("SIGKILL");
  expect(await child.ended).toBe("ready\nSIGTERM\n");
});

test("before npm ci it says what to do", () => {
  rmSync(join(folder, "node_modules"));
  const { status, stderr } = spawnSync(process.execPath, [door, "help"], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("npm ci");
});

/** Starts a program as npm would; `ended` is all it said once nobody holds its output any more. */
function start(
  file: string,
  args: string[],
): { process: ChildProcess; says: (word: string) => Promise<void>; ended: Promise<string> } {
  const env = { PATH: process.env.PATH, npm_lifecycle_event: "start" };
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  return {
    process: child,
    says: (word) =>
      new Promise((resolve) => {
        child.stdout.on("data", () => text.includes(word) && resolve());
      }),
    ended: new Promise((resolve) => child.stdout.on("close", () => resolve(text))),
  };
}
