/** Sectors written past the cache, or where that cannot be through it: every reader finds them at once. */
import { afterEach, expect, test } from "@jest/globals";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDirect, sectorMemory } from "./direct.ts";

const SECTOR = 4096;
const SECTORS = 64;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

function fileIn(place: string): string {
  const folder = fs.mkdtempSync(join(place, "solebook-direct-"));
  folders.push(folder);
  const path = join(folder, "file");
  fs.writeFileSync(path, Buffer.alloc(SECTORS * SECTOR));
  return path;
}

// A memory disk refuses to be written past a cache, in one way or another; a real one as a rule does not.
const PLACES = [tmpdir(), ...(fs.existsSync("/dev/shm") ? ["/dev/shm"] : [])];

test.each(PLACES)(
  "in %s a reader that had the zeros in its cache sees what was written",
  (place) => {
    const path = fileIn(place);
    const writer = openDirect(path);
    const reader = fs.openSync(path, "r");
    const seen = Buffer.alloc(SECTORS * SECTOR);
    const memory = sectorMemory(3 * SECTOR);
    for (let at = 0; at + 3 <= SECTORS; at += 3) {
      fs.readSync(reader, seen, 0, seen.length, 0); // whatever is there is cached now
      memory.fill(1 + at);
      expect(fs.writeSync(writer, memory, 0, memory.length, at * SECTOR)).toBe(memory.length);
      fs.readSync(reader, seen, 0, memory.length, at * SECTOR);
      expect(seen.subarray(0, memory.length).equals(memory)).toBe(true);
    }
    fs.fdatasyncSync(writer);
    fs.closeSync(writer);
    fs.closeSync(reader);
  },
);

test("a file that is not there is said to be missing", () => {
  expect(() => openDirect(join(fileIn(tmpdir()), "none"))).toThrow("ENOTDIR");
});
