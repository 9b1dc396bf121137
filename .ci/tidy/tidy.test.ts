// Proves that `npm run tidy` can fail: a small house in a temporary folder breaks every rule once,
// and keeps a few that look like it.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../../", import.meta.url));
const LONG_BODY = "  i++;\n".repeat(60);
const INNER = `function f() {\n${"  i++;\n".repeat(50)}}\n`; // two of them measure as 52 and 52

// file | what it holds | what must be said about it
const BROKEN: [string, string, string][] = [
  ["engine/core/a.ts", 'import "../shell/s.ts";', "engine/core imports itself only"],
  ["engine/core/b.ts", 'import "node:fs";', "engine/core imports itself only"],
  ["engine/core/c.ts", 'import type { T } from "../ring/types.ts";', "engine/core imports itself"],
  ["engine/core/d.ts", "export const at = Date.now();", "Unexpected use of 'Date'"],
  ["engine/core/e.ts", "export const luck = Math.random();", "'Math.random' is restricted"],
  ["engine/core/f.ts", "export async function f() {}", "async is not allowed"],
  ["engine/core/g.ts", "setTimeout(() => {}, 1);", "Unexpected use of 'setTimeout'"],
  [
    "engine/core/h.ts",
    'export function f() { throw new Error("x"); }',
    "the core throws in assert",
  ],
  ["engine/ring/a.ts", 'import "../core/types.ts";', "engine/ring imports itself only"],
  ["engine/shell/a.ts", 'import "../client/c.ts";', "engine/shell imports itself"],
  ["engine/shell/b.ts", 'import "../../gateway/g.ts";', "engine/shell imports itself"],
  ["engine/client/a.ts", 'import "../shell/s.ts";', "engine/client imports itself"],
  ["engine/client/b.ts", 'import "../core/shard.ts";', "engine/client imports itself"],
  ["gateway/a.ts", 'import "../engine/shell/s.ts";', "gateway imports itself"],
  ["gateway/b.ts", 'import "../engine/core/command.ts";', "gateway imports itself"],
  ["gateway/client/a.ts", 'import "../g.ts";', "gateway/client imports itself only"],
  ["gateway/web/a.ts", 'import "../g.ts";', "gateway/web imports itself"],
  ["satellites/payment/a.ts", 'import "../inspection/i.ts";', "satellites/* imports itself"],
  ["satellites/kit/a.ts", 'import "../payment/p.ts";', "satellites/kit imports itself"],
  ["loadtest/a.ts", 'import "../gateway/g.ts";', "loadtest imports itself"],
  ["bench/a.ts", 'import "../gateway/g.ts";', "bench imports itself"],
  ["proto/gen/a.ts", 'import "../../engine/core/shard.ts";', "proto/gen imports itself only"],
  ["gateway/c.ts", 'import "./g.test.ts";', "nothing imports a test"],
  ["gateway/d.ts", 'import "../cli/v.ts";', "nothing but the cli imports the cli"],
  ["gateway/m.ts", 'import "uWebSockets.js";', "uWebSockets.js is spoken to where its traps"],
  ["gateway/session/socket.ts", 'socket.publish("a", "b");', "'publish' is restricted"],
  ["gateway/e.ts", 'import "./nowhere.ts";', "every import is there"],
  ["gateway/cycle-back.ts", 'import "./cycle.ts";', "no import cycles"],
  ["gateway/f.ts", "export const port = process.env.PORT;", "Disallowed usage of `process.env`"],
  ["gateway/h.ts", "// const price = 1;", "commented-out code"],
  ["gateway/i.ts", "// TODO mend this", "a TODO needs a date"],
  ["gateway/j.ts", "\n".repeat(401), "File has too many lines"],
  ["gateway/k.ts", `export function f(i: number) {\n${LONG_BODY}}`, "a function of 62 lines"],
];

const SOUND: [string, string][] = [
  ["engine/core/shard.ts", "export const shard = 1;"],
  ["engine/core/types.ts", "export interface T { a: number }"],
  ["engine/core/command.ts", 'import type { T } from "./types.ts";\nexport type U = T;'],
  ["engine/core/assert.ts", "export function assert(is: boolean) { if (!is) throw new Error(); }"],
  ["engine/core/shard.test.ts", 'import "node:fs";\nawait Promise.resolve(Date.now());'],
  ["engine/ring/types.ts", "export interface T { a: number }"],
  [
    "engine/shell/s.ts",
    'import "../core/shard.ts";\nimport "node:fs";\nimport "../ring/types.ts";',
  ],
  ["engine/client/c.ts", 'import "../core/command.ts";\nimport "../ring/types.ts";'],
  ["gateway/g.ts", 'import "../engine/client/c.ts";\nexport const a = 1; // const is a word'],
  ["gateway/g.test.ts", 'import "../engine/shell/s.ts";\nexport const env = process.env.X;'],
  ["gateway/cycle.ts", 'import "./cycle-back.ts";'],
  ["gateway/l.ts", `export function make(i: number) {\n${INNER}${INNER.replace("f()", "g()")}}`],
  ["gateway/config.ts", "export const port = process.env.PORT;\n// TODO 2027-01 mend this"],
  ["satellites/inspection/i.ts", 'import "../../engine/client/c.ts";'],
  ["satellites/payment/p.ts", ""],
  ["cli/v.ts", 'import "../engine/shell/s.ts";\nimport "../gateway/g.ts";'],
];

let folder = "";
let said: string[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "solebook-tidy-"));
  makeHouse(folder, [...BROKEN, ...SOUND, ["package.json", '{ "type": "module" }']]);
  said = tidy(folder).stderr.split("\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

const rows = BROKEN.map(([file, , words]) => ({ file, words }));
test.each(rows)("$file is refused: $words", ({ file, words }) => {
  expect(said.filter((line) => line.startsWith(file) && line.includes(words))).toHaveLength(1);
});

test("what only looks like it is fine", () => {
  const files = SOUND.map(([file]) => file).filter((file) => file !== "gateway/cycle.ts");
  expect(said.filter((line) => files.some((file) => line.startsWith(file)))).toEqual([]);
});

test("where no module is read, nothing counts as checked", () => {
  const empty = mkdtempSync(join(tmpdir(), "solebook-tidy-"));
  try {
    makeHouse(empty, [["engine/alone.ts", ""]]);
    const { status, stderr } = tidy(empty);
    expect(status).toBe(1);
    expect(stderr).toContain("no module was read");
  } finally {
    rmSync(empty, { recursive: true });
  }
});

function makeHouse(folder: string, files: string[][]): void {
  for (const file of ["tsconfig.json", "oxlint.tidy.json", ".ci/tidy/house.mjs"]) {
    cpSync(join(top, file), join(folder, file));
  }
  for (const [file = "", text] of files) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }
}

function tidy(cwd: string): { status: number | null; stdout: string; stderr: string } {
  const program = join(top, ".ci/tidy/tidy.mjs");
  return spawnSync(process.execPath, [program], { cwd, encoding: "utf8" });
}
