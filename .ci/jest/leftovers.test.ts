// A test that fails in the middle of something must not keep jest from ending, nor leave anything
// running: a jest of its own runs such a file.
import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

test("what a failed file left running is ended and named, and jest ends with its code", async () => {
  const { status, said } = await runJest(".ci/jest/testing/fails.ts");
  expect(status).toBe(1);
  expect(said).toMatch(/1 failed, 1 total/);
  expect(said).toMatch(
    /fails\.ts left running, and it was ended now:\n( {2}process: .*\n){2} {2}a thread/,
  );
  expect(said).toMatch(/jest is ended, though something still holds it: .*TCP/);
  const pids = /pids (.*)/.exec(said)![1]!.split(" ").map(Number);
  expect(pids).toHaveLength(3);
  expect(pids.filter(isAlive)).toEqual([]);
});

async function runJest(file: string): Promise<{ status: unknown; said: string }> {
  const flags = ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning"];
  const jest = ["node_modules/jest/bin/jest.js", "--runInBand", "--testMatch", `**/${file}`];
  const child = spawn(process.execPath, [...flags, ...jest], { cwd: ROOT });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (words: Buffer) => (said += words.toString()));
  }
  const status = await new Promise((resolve) => child.once("close", resolve));
  return { status, said };
}

/** A killed process that nobody has waited for yet is none. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/\) Z /.test(stat);
  } catch {
    return false;
  }
}
