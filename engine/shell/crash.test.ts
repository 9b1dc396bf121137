/**
 * A shard in a process of its own, killed at any instant or running into a limit of the system: what
 * it acknowledged is in the journal, under the sequence it was told.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { inspectJournal, verifyJournal } from "./journal/tools.ts";
import { startDriver } from "./testing/driver.ts";
import { type Owner, startOwner } from "./testing/owner-process.ts";

const SEGMENT_BYTES = 1024 * 1024;

let directory = "";
let children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "solebook-crash-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  rmSync(directory, { recursive: true, force: true });
});

test("killed again and again under load, it keeps everything it acknowledged", async () => {
  const acknowledged = new Map<string, number>();
  let highest = 0;
  for (let cycle = 0; cycle < 6; cycle++) {
    const owner = start(`c${cycle}`);
    const sequence = Number((await owner.line(/^ready (\d+)$/))[1]);
    expect(sequence).toBeGreaterThanOrEqual(highest);
    await owner.line(/^acked /);
    await new Promise((done) => setTimeout(done, (cycle * 37) % 120));
    await owner.kill();
    for (const [id, at] of owner.acked()) acknowledged.set(id, at);
    highest = Math.max(...acknowledged.values());
  }
  const driver = await startDriver(directory);
  expect(driver.report.sequence).toBeGreaterThanOrEqual(highest);
  await driver.stop();
  expect(acknowledged.size).toBeGreaterThan(500);
  expectKept(acknowledged);
});

test("a second owner is refused while the first lives, and welcome when it was killed", async () => {
  const first = start("first");
  await first.line(/^acked /);
  const second = start("second");
  await second.line(/^ended JOURNAL_OWNED$/);
  await first.kill();
  const third = await startDriver(directory);
  expect(third.report.sequence).toBeGreaterThanOrEqual(first.acked().size);
  await third.stop();
  expectKept(first.acked());
});

test("a first segment larger than the system allows: a start error in words", async () => {
  const owner = start("full", 1_000);
  await owner.line(/^ended DISK_FULL$/);
  expect(readdirSync(directory)).toEqual(["owner.lock"]);
});

test("no room for the next segment: it serves what fits, refuses by name, and loses nothing", async () => {
  await seed();
  // All but the segment's last sector may be written, so no other segment can be made.
  const owner = start("full", SEGMENT_BYTES / 512 - 8);
  await owner.line(/^refused 3$/);
  await owner.kill();
  expect(verifyJournal(directory)).toMatchObject({
    segments: 1,
    unfinished: "00000000.seg is full and no segment follows it",
  });
  const driver = await startDriver(directory);
  await driver.stop();
  expect(owner.acked().size).toBeGreaterThan(1_000);
  expectKept(owner.acked());
});

test("a write the system refuses stops the shard at once; nothing acknowledged is lost", async () => {
  await seed();
  const owner = start("efbig", SEGMENT_BYTES / 512 / 2);
  await owner.line(/^ended JOURNAL_WRITE_FAILED$/);
  await owner.exited;
  expect(owner.acked().size).toBeGreaterThan(100);
  expectKept(owner.acked());
  await (await startDriver(directory)).stop();
});

/** Leaves a journal of one segment with a little in it. */
async function seed(): Promise<void> {
  const driver = await startDriver(directory, { segmentBytes: SEGMENT_BYTES });
  await driver.stop();
  const owner = start("seed");
  await owner.line(/^acked /);
  await owner.kill();
  rmSync(join(directory, "00000001.seg"), { force: true });
}

/** `fileBlocksMax`: the size of a file, in blocks of 512 bytes, that the system lets it write. */
function start(run: string, fileBlocksMax?: number): Owner {
  const limit = fileBlocksMax === undefined ? {} : { fileBlocksMax };
  const owner = startOwner({ directory, run, segmentBytes: SEGMENT_BYTES, ...limit });
  children.push(owner.child);
  return owner;
}

function expectKept(acknowledged: ReadonlyMap<string, number>): void {
  const kept = new Map<string, number[]>();
  for (const { type, sequence, clientOrderId } of inspectJournal(directory)) {
    if (type !== "PLACE") continue;
    const id = String(clientOrderId);
    kept.set(id, [...(kept.get(id) ?? []), sequence]);
  }
  const lost = [...acknowledged].filter(([id, sequence]) => kept.get(id)?.join() !== `${sequence}`);
  expect(lost).toEqual([]);
}
