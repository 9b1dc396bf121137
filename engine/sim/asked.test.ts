/** What is asked wrongly of a program that tries things is refused in words, never with "none failed". */
import { expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const SIM = "./main.ts";
const CRASH = "./testing/crash-main.ts";
const TWINS = "../core/testing/twins-main.ts";

test.each<[string, string[], string]>([
  [SIM, ["0"], `SEED is a whole number from 1 on, not "0"`],
  [SIM, ["1", "2"], `"2" is one word too many`],
  [SIM, ["--seed", "1"], "Unknown option '--seed'\nnpm run sim -- SEED"],
  [CRASH, ["--cycles", "x"], `--cycles is a whole number from 1 on, not "x"`],
  [CRASH, ["5"], "Unexpected argument '5'"],
  [TWINS, ["--seeds", "x"], `--seeds is a whole number from 1 on, not "x"`],
  [TWINS, ["--commands", "0"], `--commands is a whole number from 1 on, not "0"`],
  [TWINS, ["--help"], "Unknown option '--help'\nnpm run twins -- [--from SEED]"],
])("%s %j", (program, args, words) => {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const flags = ["--disable-warning=ExperimentalWarning", path, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(/^ +at .*:\d+:\d+/m);
});
