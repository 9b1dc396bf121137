/** A journal read by the thread of its own is the one that is read without it, to the last word. */
import { afterAll, afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { fillClocks } from "../testing/journal.ts";
import { filesReadDirect } from "./direct-read.ts";
import { nodeFiles, readAll } from "./file-ops.ts";
import { openFileJournal } from "./file.ts";
import { frameBytes } from "./frame.ts";
import { JOURNAL_START, type JournalPlace } from "./journal.ts";
import { readJournal } from "./read.ts";
import { type Frames, readBeside } from "./read-beside.ts";
import { makeSegment, SEGMENT_BYTES_MIN, segmentName } from "./segments.ts";

const SEGMENTS = 6;
let directory = "";

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "solebook-read-"));
  for (let n = 0; n < SEGMENTS; n++) makeSegment(nodeFiles, directory, n, SEGMENT_BYTES_MIN);
});
const terminations = jest.spyOn(Worker.prototype, "terminate");
afterEach(async () => {
  await Promise.all(terminations.mock.results.map(({ value }) => value as Promise<number>));
  terminations.mockClear();
  fs.rmSync(directory, { recursive: true, force: true });
});
afterAll(() => terminations.mockRestore());

/** Frames of many lengths, over some segments; the places behind them. */
function write(): JournalPlace[] {
  const { end } = told(readJournal(nodeFiles, directory, 0));
  const preparer = {
    want: () => {},
    isReady: (number: number) => number < SEGMENTS,
    foundNoRoom: () => false,
    wait: () => {},
  };
  const journal = openFileJournal({ files: nodeFiles, directory, shard: 0, end, preparer });
  while (journal.position() < (SEGMENTS - 2) * SEGMENT_BYTES_MIN) {
    const count = (journal.nextSequence() * 7) % journal.batchMax;
    fillClocks(journal, count + 1);
    journal.append(count + 1);
  }
  journal.close();
  return [...readJournal(nodeFiles, directory, 0)].map(({ place }) => place);
}

/** What the frames say, and how they end. */
function told(frames: Frames) {
  const all: string[] = [];
  for (;;) {
    const next = frames.next();
    if (next.done === true) return { all, end: next.value };
    const { header, bytes } = next.value;
    all.push(`${header.firstSequence} ${bytes.toString("hex", 0, frameBytes(header.count))}`);
  }
}

const beside = (from: JournalPlace, thread?: URL): Promise<Frames> =>
  readBeside(directory, 0, from, () => false, thread);

/** A thread's own file, in place of the one that reads. */
function threadOf(source: string): URL {
  const path = join(directory, "thread.mjs");
  fs.writeFileSync(path, source);
  return pathToFileURL(path);
}

test("the same frames, byte for byte, and the same end; from the first, and from a place", async () => {
  const places = write();
  for (const from of [JOURNAL_START, places[3]!]) {
    const here = told(readJournal(nodeFiles, directory, 0, from));
    const there = told(await beside(from));
    expect(there.all.length).toBeGreaterThan(0);
    expect(there).toEqual(here);
  }
});

test("a journal without a frame", async () => {
  expect(told(await beside(JOURNAL_START))).toEqual(told(readJournal(nodeFiles, directory, 0)));
});

test("damage is refused in the same words, behind the frames that are whole", async () => {
  const places = write();
  const at = places[4]!.position + 200;
  const path = join(directory, segmentName(Math.floor(at / SEGMENT_BYTES_MIN)));
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, Buffer.from([255, 254]), 0, 2, at % SEGMENT_BYTES_MIN);
  fs.closeSync(fd);
  const both = [readJournal(nodeFiles, directory, 0), await beside(JOURNAL_START)];
  const refusals = both.map((frames) => {
    for (let n = 0; n < 5; n++) expect(frames.next().done).toBe(false);
    try {
      told(frames);
    } catch (error) {
      return error;
    }
    throw new Error("it was read");
  });
  expect(refusals[0]).toMatchObject({ code: "JOURNAL_DAMAGED" });
  expect(refusals[1]).toEqual(refusals[0]);
});

test.each([
  { what: "does not load", source: 'import "./nowhere.mjs";', words: /nowhere\.mjs/ },
  { what: "throws at once", source: 'throw new Error("no memory");', words: /no memory/ },
  { what: "ends without a word", source: "", words: /ended/ },
  { what: "is ended", source: "process.exit(3);", words: /ended/ },
])("a thread that $what is not waited for: the start is refused", async ({ source, words }) => {
  const reading = beside(JOURNAL_START, threadOf(source));
  await expect(reading).rejects.toMatchObject({
    code: "BROKEN_STATE",
    message: expect.stringMatching(words),
  });
});

test("nor is one that ends with frames read and the end not told", async () => {
  write();
  const { href } = new URL("./read-worker.ts", import.meta.url);
  const thread = threadOf(`
    import { workerData } from "node:worker_threads";
    workerData.port.postMessage = () => process.exit(3);
    await import("${href}");`);
  const frames = await beside(JOURNAL_START, thread);
  for (const _ of readJournal(nodeFiles, directory, 0)) expect(frames.next().done).toBe(false);
  expect(() => frames.next()).toThrow(
    expect.objectContaining({ code: "BROKEN_STATE", message: expect.stringMatching(/ended/) }),
  );
});

test("past the cache: every byte is the file's, at any place and length, up to an end in mid-sector", () => {
  const path = join(directory, "file");
  const bytes = 2 * 1024 * 1024 + 5_000;
  const content = Buffer.from(
    Array.from({ length: bytes }, (_, at) => (at * 31 + (at >> 12)) & 255),
  );
  fs.writeFileSync(path, content);
  const files = filesReadDirect();
  const fd = files.openRead(path);
  const read = Buffer.alloc(bytes);
  for (const [at, length] of [
    [0, 4_096],
    [0, bytes],
    [1_048_000, 4_096],
    [bytes - 300, 4_096],
    [12_288, 128],
    [bytes, 10],
    [bytes + 5_000_000, 10],
  ] as const) {
    const count = readAll(files, fd, read, length, at);
    expect(count).toBe(Math.max(0, Math.min(length, bytes - at)));
    expect(read.subarray(0, count).equals(content.subarray(at, at + count))).toBe(true);
  }
  files.close(fd);
});
