/**
 * The journal at one real broker, with somebody in between who loses answers, requests and patience:
 * what is called durable is there once, and a writer that is none any more says so.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  appendClocks,
  collect,
  type Copied,
  fillClocks,
  lastPlace,
  newTopic,
  openTest,
  rawRecords,
  startMeddledBroker,
  takeOver,
  type TestBroker,
} from "../../testing/kafka.ts";
import type { Fate, Proxy } from "../../testing/proxy.ts";
import { type ClaimableJournal, JOURNAL_START, type RemoteJournal } from "../journal.ts";
import { type KafkaAddress, openLink } from "./link.ts";

let broker: TestBroker & { readonly proxy: Proxy };
let address: KafkaAddress;

beforeAll(async () => {
  broker = await startMeddledBroker();
  ({ address } = broker);
});

afterAll(() => broker.stop());

interface Open {
  readonly topic: string;
  readonly journal: ClaimableJournal;
  readonly writer: RemoteJournal;
}

async function openNew(): Promise<Open> {
  const topic = await newTopic(address);
  const journal = openTest(address, topic);
  return { topic, journal, writer: await takeOver(journal) };
}

async function firstSequences(journal: ClaimableJournal): Promise<number[]> {
  return sequencesOf(await collect(journal.read(JOURNAL_START)));
}

function sequencesOf(frames: readonly Copied[]): number[] {
  return frames.filter(({ header }) => header.count > 0).map((one) => one.header.firstSequence);
}

const FATES: readonly (readonly [fate: Fate, records: number])[] = [
  ["answer lost", 6], // a claim, four frames, and one of them again
  ["request lost", 5],
];

test.each(FATES)(
  "%s: sent again by another link, there once for every reader",
  async (fate, lie) => {
    const { topic, journal, writer } = await openNew();
    await appendClocks(writer, 2);

    broker.proxy.meddle(fate);
    expect(await appendClocks(writer, 3)).toMatchObject({ kind: "durable" });
    expect(await appendClocks(writer, 1)).toMatchObject({ kind: "durable", position: lie - 1 });
    expect(await appendClocks(writer, 1)).toEqual({ kind: "durable", position: lie });

    expect(await rawRecords(address, topic)).toHaveLength(lie);
    expect(await firstSequences(journal)).toEqual([1, 3, 6, 7]);
  },
);

test("answers lost again and again, a request late in between: each batch once, in order", async () => {
  const { topic, journal, writer } = await openNew();
  for (const fate of ["answer lost", "answer lost", "request late", "answer lost"] as const) {
    broker.proxy.meddle(fate);
    expect(await appendClocks(writer, 1)).toMatchObject({ kind: "durable" });
  }
  await broker.proxy.release();
  expect(await appendClocks(writer, 2)).toMatchObject({ kind: "durable" });

  expect(await rawRecords(address, topic)).toHaveLength(1 + 5 + 4);
  expect(await firstSequences(journal)).toEqual([1, 2, 3, 4, 5]);
});

test("an append that arrives when its writer is further on does not count again", async () => {
  const { topic, journal, writer } = await openNew();
  broker.proxy.meddle("request late");
  await appendClocks(writer, 2);
  await appendClocks(writer, 2);
  await writer.appendWatermark();
  await broker.proxy.release();
  expect(await appendClocks(writer, 1)).toEqual({ kind: "durable", position: 6 });

  expect(await rawRecords(address, topic)).toHaveLength(6);
  expect(await firstSequences(journal)).toEqual([1, 3, 5]);
});

test.each([
  ["before somebody else's claim, it counts, once", [1, 3, 4], true],
  ["behind somebody else's claim, it counts for nobody", [1, 3], false],
] as const)("an append in doubt that arrives %s", async (_, sequences, isBefore) => {
  const topic = await newTopic(address);
  const old = await takeOver(openTest(address, topic, { leaseMs: 1_000 }));
  const rival = openTest(address, topic);
  await appendClocks(old, 2);
  broker.proxy.meddleAlways("request late");
  const doubtful = await appendClocks(old, 1);
  broker.proxy.meddleAlways(null);
  expect(doubtful.kind).toBe("inDoubt");

  if (isBefore) await broker.proxy.release();
  const next = await takeOver(rival);
  await broker.proxy.release();
  await appendClocks(next, 1);
  expect((await appendClocks(old, 1)).kind).toBe("inDoubt"); // it writes no more
  expect(await firstSequences(rival)).toEqual(sequences);
});

test("a deposed writer says fenced, for ever, and nothing of it counts", async () => {
  const { topic, journal, writer } = await openNew();
  await appendClocks(writer, 5);
  const next = await takeOver(openTest(address, topic));
  expect(next.nextSequence()).toBe(6);

  for (let i = 0; i < 3; i++) expect((await appendClocks(writer, 1)).kind).toBe("fenced");
  expect((await writer.appendWatermark()).kind).toBe("fenced");
  expect(writer.nextSequence()).toBe(6);
  expect(await appendClocks(next, 2)).toMatchObject({ kind: "durable" });
  expect(await firstSequences(journal)).toEqual([1, 6]);
});

test("of rivals that claim at once one wins each time, and everybody sees the same one", async () => {
  const topic = await newTopic(address);
  const rivals = Array.from({ length: 3 }, () => openTest(address, topic));
  for (let round = 1; round <= 10; round++) {
    const before = await lastPlace(rivals[0]!);
    const claims = await Promise.all(rivals.map((rival) => rival.claim(before)));
    expect(claims.map(({ kind }) => kind)).toEqual(["durable", "durable", "durable"]);
    const seen = await Promise.all(rivals.map((rival) => lastPlace(rival)));
    const winner = seen[0]!.writerId;
    for (const place of seen) expect(place).toMatchObject({ term: round, writerId: winner });

    const won = rivals.find((rival) => rival.writerId.equals(winner))!;
    const writer = won.openWriter(seen[0]!);
    expect(await appendClocks(writer, 1)).toMatchObject({ kind: "durable" });
    writer.close();
  }
  expect(await firstSequences(rivals[0]!)).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
});

test("a broker that is gone for longer than a lease: in doubt, or certainly not there", async () => {
  const { topic, journal, writer } = await openNew();
  await appendClocks(writer, 1);
  const place = await lastPlace(journal);
  const another = journal.openWriter(place); // has no connection yet
  await broker.cluster!.node(1).kill();

  const doubtful = await appendClocks(writer, 2);
  const refused = await another.append(fillClocks(another, 3));
  await broker.cluster!.node(1).start();

  expect(doubtful.kind).toBe("inDoubt");
  expect(refused.kind).toBe("unavailable");
  expect((await appendClocks(writer, 1)).kind).toBe("inDoubt"); // it writes no more
  const again = await until(async () => another.append(3)); // the same batch, still there
  expect(again).toMatchObject({ kind: "durable" });
  const frames = await collect(openTest(address, topic).read(JOURNAL_START));
  expect(sequencesOf(frames)).toEqual([1, 2]);
  expect(frames.at(-1)!.header.count).toBe(3);
});

test("archiving: without a limit everything stays, with one only what is older and covered goes", async () => {
  const { topic, journal, writer } = await openNew();
  for (let i = 0; i < 6; i++) await appendClocks(writer, 1);
  const frames = await collect(journal.read(JOURNAL_START));
  const covered = frames[3]!.place;

  await journal.archiveBefore(covered.position);
  await openTest(address, topic, { retainMs: 3_600_000 }).archiveBefore(covered.position);
  expect(await firstSequences(journal)).toHaveLength(6);

  await openTest(address, topic, { retainMs: 0 }).archiveBefore(covered.position);
  await expect(collect(journal.read(JOURNAL_START))).rejects.toMatchObject({
    code: "JOURNAL_ARCHIVED",
    message: expect.stringContaining("begins with record 4; record 0 is not kept any more"),
  });
  expect(sequencesOf(await collect(journal.read(covered)))).toEqual([4, 5, 6]);
});

test("a topic that is shorter than what was read from it is damaged, not new", async () => {
  const { writer, journal } = await openNew();
  for (let i = 0; i < 3; i++) await appendClocks(writer, 1);
  const place = await lastPlace(journal);
  const wiped = openTest(address, await newTopic(address));

  await expect(collect(wiped.read(place))).rejects.toMatchObject({
    code: "JOURNAL_DAMAGED",
    message: expect.stringContaining("everything before 4 was read once"),
  });
});

test("a tail outlives cut connections and a broker's restart", async () => {
  const { journal, writer, topic } = await openNew();
  const stop = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    for await (const { header } of openTest(address, topic).tail(JOURNAL_START, stop.signal)) {
      if (header.count > 0) seen.push(header.firstSequence);
    }
  })();
  await appendClocks(writer, 1);
  broker.proxy.cut();
  await appendClocks(writer, 1);
  await broker.cluster!.node(1).stop();
  await broker.cluster!.node(1).start();
  const next = await until(async () => {
    const writer = await takeOver(journal);
    return writer.append(fillClocks(writer, 1));
  });
  expect(next.kind).toBe("durable");
  while (seen.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  await following;
  expect(seen).toEqual([1, 2, 3]);
});

test("a connection that has nothing to do does nothing", async () => {
  const link = await openLink(address, await newTopic(address), 0, 5_000);
  const real = globalThis.setTimeout;
  let timers = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return real(...args);
  }) as typeof setTimeout;
  try {
    await new Promise((resolve) => real(resolve, 400));
  } finally {
    globalThis.setTimeout = real;
    link.close();
  }
  expect(timers).toBeLessThan(20); // kafkajs alone sets one each millisecond
});

/** Tries until it is durable: a broker that was started a moment ago may not lead yet. */
async function until<T extends { readonly kind: string }>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      const done = await work();
      if (done.kind === "durable" || tries > 40) return done;
    } catch (error) {
      if (tries > 40) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
