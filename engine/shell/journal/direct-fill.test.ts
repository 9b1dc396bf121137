/** Segments made past the cache, or where that cannot be: whole, zero, and of their size. */
import { afterEach, expect, test } from "@jest/globals";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSegmentMaker } from "./direct-fill.ts";
import { findSegments, segmentName } from "./segments.ts";
import { nodeFiles } from "./file-ops.ts";

const BYTES = 3 * 1024 * 1024 + 4_096;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

function folderIn(place: string): string {
  const folder = fs.mkdtempSync(join(place, "solebook-direct-"));
  folders.push(folder);
  return folder;
}

// A memory disk refuses to be written past a cache, in one way or another; a real one as a rule does not.
const PLACES = [tmpdir(), ...(fs.existsSync("/dev/shm") ? ["/dev/shm"] : [])];

test.each(PLACES)("in %s", (place) => {
  const folder = folderIn(place);
  const make = makeSegmentMaker();
  make(folder, 0, BYTES);
  make(folder, 1, BYTES);
  expect(findSegments(nodeFiles, folder)).toMatchObject({ segments: 2, segmentBytes: BYTES });
  expect(fs.readdirSync(folder).toSorted()).toEqual([segmentName(0), segmentName(1)]);
  expect(fs.readFileSync(join(folder, segmentName(1))).equals(Buffer.alloc(BYTES))).toBe(true);
});

test("what is wrong with the directory is said as ever", () => {
  expect(() => makeSegmentMaker()(join(folderIn(tmpdir()), "none"), 0, BYTES)).toThrow("ENOENT");
});
