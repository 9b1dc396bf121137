/**
 * The match stream in its thread beside a shard: it wakes with the shard, ends without it, reports
 * what its state hashes to, and whatever becomes of its process, a reader hears each event once.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeSync, closeSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { freePorts } from "../../../.ci/servers/ports.ts";
import { type MatchBatch, readMatchStream } from "../../client/match-stream.ts";
import { EventType } from "../../core/codes.ts";
import { EVENT_BYTES, EVENT_F64, EventF64, EventU8 } from "../../core/event.ts";
import { type Checkpoint, submitCheckpoint } from "../checkpoint.ts";
import { emptyState, makeFollower } from "../follower.ts";
import { openFileReader } from "../journal/file-reader.ts";
import { nodeFiles } from "../journal/file-ops.ts";
import type { JournalReader } from "../journal/journal.ts";
import { inspectJournal } from "../journal/tools.ts";
import { SEGMENT_BYTES_MIN } from "../journal/segments.ts";
import { shardOnFiles, startSnapshots } from "../snapshot/main.ts";
import { Haste } from "../snapshot/spawn.ts";
import { type Driver, openMarket, quietLog, startDriver } from "../testing/driver.ts";
import { sized } from "../testing/size.ts";
import { startMatchStream, type StreamConfig, type StreamHandle } from "./main.ts";

const STREAMER = new URL("../testing/streamer.ts", import.meta.url).pathname;
const SIZES = { accountsMax: 64, instrumentsMax: 64, ordersMax: 65_536, idsMax: 524_288 };

let directory = "";
let ends: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "solebook-stream-"));
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  ends = [];
  rmSync(directory, { recursive: true, force: true });
});

test("what a shard decides is heard as it happens, and its end is told", async () => {
  const driver = await opened();
  const stream = startStream(driver);
  await openMarket(driver);
  await stream.ready;
  const { port } = await stream.listening;
  const troubles: string[] = [];
  const stop = new AbortController();
  const reading = readMatchStream({
    address: `127.0.0.1:${port}`,
    shard: 0,
    fromSequence: 1,
    journalId: driver.report.journalId,
    signal: stop.signal,
    onTrouble: (words) => {
      troubles.push(words);
      stop.abort();
    },
  });
  const heard: (string | undefined)[] = [];
  for (let i = 0; i < 20; i++) {
    await driver.place({ id: `${i}`, side: 1 + (i % 2), account: 1 + (i % 2) });
    while (heard.length < 3 + 2 * (i + 1)) heard.push(...(await casesOf(reading)));
  }
  expect(heard.slice(0, 7).join(" ")).toBe(
    "accountSet accountSet instrumentListed accepted rested accepted trade",
  );
  await stream.stop();
  expect((await reading.next()).done).toBe(true);
  expect(troubles).toEqual(["STOPPED: the server stops"]);
  expect(await stream.ended).toBeNull();
});

test("it begins with a snapshot, and who asks for what was deleted is told where to begin", async () => {
  const snapshotDirectory = join(directory, "snapshots");
  const driver = await opened({ segmentBytes: SEGMENT_BYTES_MIN });
  await openMarket(driver);
  const snapshots = startSnapshots({
    shard: 0,
    subject: shardOnFiles(driver.handle.status, directory, 0),
    snapshotDirectory,
    log: quietLog,
    everyCommands: 1e9,
    haste: Haste.FULL,
    options: SIZES,
    keep: { count: 2, ageMs: 0 },
  });
  for (let round = 0; round < 3; round++) {
    const trades = Array.from({ length: 1_500 }, (_, i) =>
      driver.place({ id: `${round}-${i}`, side: 1 + (i % 2), account: 1 + (i % 2) }),
    );
    await Promise.all(trades);
    await snapshots.take();
  }
  const stream = startStream(driver, { snapshotDirectory });
  await stream.ready; // though nothing happens any more, and its beginning is gone
  const { port } = await stream.listening;
  const from = (fromSequence: number): AsyncGenerator<MatchBatch> =>
    readMatchStream({ address: `127.0.0.1:${port}`, shard: 0, fromSequence });

  await expect(from(1).next()).rejects.toMatchObject({ code: "TOO_OLD", sequence: 3_003 });
  const old = await from(3_004).next(); // from a state of its own
  expect(old.value).toMatchObject({ firstSequence: 3_004, headSequence: 4_503 });
  const next = from(4_504);
  await driver.place({ id: "next", side: 1 });
  expect(((await next.next()).value as MatchBatch).firstSequence).toBe(4_504);
  await next.return(undefined);
  await snapshots.stop();
});

test("what its state hashes to is journaled, once per change, and is what a replay comes to", async () => {
  const reported: Checkpoint[] = [];
  const driver = await opened();
  await openMarket(driver);
  await driver.place({ id: "one", side: 1 });
  startStream(driver, {
    checkpointMs: 10,
    onCheckpoint: (checkpoint) => {
      reported.push(checkpoint);
      submitCheckpoint(driver.client, checkpoint);
    },
  });
  await eventually(() => reported.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 60));
  await driver.place({ id: "two", side: 1 });
  await eventually(() => reported.length === 2);
  await eventually(() => driver.client.stats().sequence === 9);
  const journaled = [...inspectJournal(directory)].map(({ type, ofSequence }) => [
    type,
    ofSequence,
  ]);
  expect(journaled.slice(4)).toEqual([
    ["CLOCK", undefined],
    ["CHECKPOINT", 4],
    ["PLACE", undefined],
    ["CLOCK", undefined],
    ["CHECKPOINT", 7],
  ]);
  for (const { sequence, high, low } of reported) {
    const state = emptyState(SIZES);
    await makeFollower({ journal: openJournal(), state, to: sequence }).catchUp();
    expect(state.shard.hash()).toMatchObject({ high, low });
  }
});

test("a port that is taken is said in words, and the shard goes on", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  ends.push(() => new Promise((resolve) => other.close(resolve)));
  const { port } = other.address() as { port: number };
  const driver = await opened();
  const stream = startStream(driver, { port });
  await expect(stream.listening).rejects.toMatchObject({
    code: "ADDRESS_UNUSABLE",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
  expect(await stream.ended).toMatchObject({ code: "ADDRESS_UNUSABLE" });
  await openMarket(driver);
  expect(await driver.place({ id: "one", side: 1 })).toMatchObject({ type: EventType.ACCEPTED });
});

test("a journal that cannot be read ends it, by name; the shard goes on", async () => {
  const driver = await opened();
  await openMarket(driver);
  for (let i = 0; i < 5; i++) await driver.place({ id: `${i}`, side: 1 });
  const file = openSync(join(directory, "00000000.seg"), "r+");
  writeSync(file, Buffer.from("dust"), 0, 4, 4_096 + 500);
  closeSync(file);
  const stream = startStream(driver);
  expect(await stream.ended).toMatchObject({ code: "JOURNAL_DAMAGED" });
  await expect(stream.ready).rejects.toMatchObject({ code: "JOURNAL_DAMAGED" });
  expect(await driver.place({ id: "one", side: 1 })).toMatchObject({ type: EventType.ACCEPTED });
});

test("killed again and again while it is read, each event is heard once and in order", async () => {
  const cycles = sized(3, 100);
  const [port = 0] = await freePorts(1);
  let server = await startStreamer("c0", port);
  const heard: string[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    const address = `127.0.0.1:${port}`;
    const backOff = { firstMs: 10, mostMs: 100 };
    const options = { address, shard: 0, fromSequence: 1, signal: stop.signal, backOff };
    for await (const batch of readMatchStream(options)) heard.push(...keysOf(batch));
  })();
  for (let cycle = 1; cycle < cycles; cycle++) {
    const before = heard.length;
    await eventually(() => heard.length > before + 500);
    await new Promise((resolve) => setTimeout(resolve, (cycle * 37) % 120));
    await server.kill();
    server = await startStreamer(`c${cycle}`, port);
  }
  const before = heard.length;
  await eventually(() => heard.length > before + 500);
  await server.kill();
  stop.abort();
  await reading;
  const journaled = await keysOfJournal();
  expect(heard).toEqual(journaled.slice(0, heard.length));
});

async function opened({ segmentBytes = 1024 * 1024 } = {}): Promise<Driver> {
  const driver = await startDriver(directory, { segmentBytes, options: SIZES });
  ends.push(driver.stop);
  return driver;
}

function startStream(driver: Driver, config: Partial<StreamConfig> = {}): StreamHandle {
  const { status } = driver.handle;
  const options = { shard: 0, directory, status, host: "127.0.0.1", port: 0, log: quietLog };
  const stream = startMatchStream({ ...options, options: SIZES, ...config });
  ends.push(stream.stop);
  return stream;
}

interface Streamer {
  kill(): Promise<void>;
}

async function startStreamer(run: string, port: number): Promise<Streamer> {
  const child: ChildProcess = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", STREAMER, directory, run, String(port)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  ends.push(kill);
  for await (const line of createInterface({ input: child.stdout! })) {
    if (line === `ready ${port}`) return { kill };
    throw new Error(`the streamer said: ${line}`);
  }
  throw new Error("the streamer ended without a word");
}

async function casesOf(reading: AsyncGenerator<MatchBatch>): Promise<(string | undefined)[]> {
  const next = await reading.next();
  if (next.done === true) throw new Error("the stream ended");
  return next.value.events.map(({ event }) => event.case);
}

function keysOf(batch: MatchBatch): string[] {
  return batch.events.map(({ sequence, index, type }) => `${sequence}/${index} ${type}`);
}

function openJournal(): JournalReader {
  const files = { files: nodeFiles, directory, shard: 0 };
  return openFileReader({ ...files, durable: () => Infinity, wait: async () => {} });
}

/** What the journal says, by a follower that knows nothing of streams. */
async function keysOfJournal(): Promise<string[]> {
  const keys: string[] = [];
  let index = 0;
  let last = 0;
  const follower = makeFollower({
    journal: openJournal(),
    state: emptyState(SIZES),
    onDecided: ({ events }) => {
      for (let i = 0; i < events.count; i++) {
        const sequence = events.f64[i * EVENT_F64 + EventF64.sequence]!;
        index = sequence === last ? index + 1 : 0;
        last = sequence;
        keys.push(`${sequence}/${index} ${events.u8[i * EVENT_BYTES + EventU8.type]}`);
      }
    },
  });
  await follower.catchUp();
  return keys;
}

async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
