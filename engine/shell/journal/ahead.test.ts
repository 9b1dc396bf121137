// What is read ahead changes nothing of what is read: the bytes are the file's, and a file may be
// closed at any time.
import fs from "node:fs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { filesReadAhead } from "./ahead.ts";
import { readAll } from "./file-ops.ts";

const MIB = 1024 * 1024;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solebook-ahead-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeFile(name: string, bytes: number, seed: number): { path: string; content: Buffer } {
  const path = join(folder, name);
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 4)
    content.writeUInt32LE((at * 2_654_435_761 + seed) >>> 0, at);
  writeFileSync(path, content);
  return { path, content };
}

test.each([
  { what: "a short file", bytes: 4_096, step: 4_096 },
  { what: "frame by frame, its header first", bytes: 20 * MIB, step: 397_312 },
  { what: "more at once than is read ahead", bytes: 20 * MIB, step: 16 * MIB },
])("$what: every byte is the file's", ({ bytes, step }) => {
  const { path, content } = writeFile("one", bytes, 1);
  const files = filesReadAhead();
  const fd = files.openRead(path);
  const header = Buffer.alloc(4_096);
  const frame = Buffer.alloc(step);
  for (let at = 0; at < bytes; at += step) {
    expect(readAll(files, fd, header, header.length, at)).toBe(Math.min(header.length, bytes - at));
    const count = readAll(files, fd, frame, step, at);
    expect(count).toBe(Math.min(step, bytes - at));
    expect(frame.subarray(0, count).equals(content.subarray(at, at + count))).toBe(true);
  }
  expect(readAll(files, fd, frame, step, bytes)).toBe(0);
  files.close(fd);
});

test("what follows is asked for once, a chunk at a time, eight of them ahead", () => {
  const { path } = writeFile("one", 20 * MIB, 1);
  const files = filesReadAhead();
  const fd = files.openRead(path);
  const asked = jest.spyOn(fs, "read");
  try {
    const bytes = Buffer.alloc(397_312);
    readAll(files, fd, bytes, 4_096, 0);
    const eight = Array.from({ length: 8 }, (_, n) => 4_096 + n * MIB);
    const places = () => asked.mock.calls.map((call) => (call as unknown[])[4]);
    expect(places()).toEqual(eight);
    readAll(files, fd, bytes, bytes.length, 0);
    expect(places()).toEqual(eight);
    readAll(files, fd, bytes, 4_096, bytes.length);
    expect(places()).toEqual([...eight, 4_096 + 8 * MIB]);
  } finally {
    asked.mockRestore();
    files.close(fd);
  }
});

test("one file after the other, each closed while it is still read ahead", async () => {
  const files = filesReadAhead();
  for (let n = 0; n < 8; n++) {
    const { path, content } = writeFile(`file-${n}`, 9 * MIB, n);
    const fd = files.openRead(path);
    const bytes = Buffer.alloc(MIB);
    expect(readAll(files, fd, bytes, MIB, 0)).toBe(MIB);
    files.close(fd);
    expect(bytes.equals(content.subarray(0, MIB))).toBe(true);
  }
  // What was asked for comes in, or fails, and nobody hears of either.
  await new Promise((done) => setTimeout(done, 50));
});
