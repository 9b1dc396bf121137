/**
 * Takeover at a real broker: whoever claims first after a lease of silence is the writer, a paused one
 * that wakes up late is none any more, and no acknowledged order is lost or stands twice.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Appended, JOURNAL_START, type JournalPlace } from "./journal/journal.ts";
import { standBy, type TakenOver } from "./standby.ts";
import { audit, type Contender, primaryOf, startContender, until } from "./testing/contest.ts";
import {
  appendClocks,
  newTopic,
  openTest,
  startTestBroker,
  takeOver,
  TEST_LEASE_MS,
  type TestBroker,
} from "./testing/kafka.ts";
import { percentile, report, sized } from "./testing/size.ts";

let broker: TestBroker;
beforeAll(async () => void (broker = await startTestBroker()));
afterAll(() => broker.stop());

interface Watched {
  readonly taken: Promise<TakenOver | null>;
  readonly sequences: number[];
  readonly tried: Appended[];
  stop(): void;
}

function watch(topic: string, leaseMs: number, from: JournalPlace = JOURNAL_START): Watched {
  const stop = new AbortController();
  const sequences: number[] = [];
  const tried: Appended[] = [];
  const taken = standBy({
    journal: openTest(broker.address, topic, { leaseMs }),
    from,
    leaseMs,
    signal: stop.signal,
    monotonicMs: () => performance.now(),
    apply: ({ header }) => {
      for (let i = 0; i < header.count; i++) sequences.push(header.firstSequence + i);
    },
    tried: (claimed) => void tried.push(claimed),
  });
  return { taken, sequences, tried, stop: () => stop.abort() };
}

test("nobody claims while the writer speaks; after a lease of silence a standby is the writer", async () => {
  let { writer, standby, silentMs } = await speakFor(12);
  while (silentMs > TEST_LEASE_MS / 2) {
    standby.stop(); // this machine stood still: who then was silent for how long is nobody's fault
    ({ writer, standby, silentMs } = await speakFor(12));
  }
  expect(standby.tried).toEqual([]);

  const taken = await standby.taken; // the writer says nothing any more
  expect(taken!.place.term).toBe(2);
  expect(standby.sequences).toEqual(Array.from({ length: 9 }, (_, i) => i + 1));
  expect(taken!.writer.nextSequence()).toBe(10);
  expect(await appendClocks(taken!.writer, 1)).toMatchObject({ kind: "durable" });
  expect((await appendClocks(writer, 1)).kind).toBe("fenced");
});

/** A writer that speaks so many times, four times a lease; the longest that it was silent. */
async function speakFor(times: number) {
  const topic = await newTopic(broker.address);
  const writer = await takeOver(openTest(broker.address, topic));
  await appendClocks(writer, 3);
  const standby = watch(topic, TEST_LEASE_MS);
  let silentMs = 0;
  for (let i = 0; i < times; i++) {
    const fromMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, TEST_LEASE_MS / 4));
    await (i % 2 === 0 ? writer.appendWatermark() : appendClocks(writer, 1));
    silentMs = Math.max(silentMs, performance.now() - fromMs);
  }
  return { writer, standby, silentMs };
}

test("of two standbys one takes over, and the other follows it", async () => {
  const topic = await newTopic(broker.address);
  const standbys = [watch(topic, 1_000), watch(topic, 1_000)];
  const first = await Promise.race(
    standbys.map(async ({ taken }, index) => ({ taken: await taken, index })),
  );
  const other = standbys[1 - first.index]!;
  for (let i = 0; i < 10; i++) await appendClocks(first.taken!.writer, 1);
  const second = await other.taken; // it has seen all of it before it spoke
  expect(other.sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(second!.place.term).toBeGreaterThan(first.taken!.place.term);
});

test("a standby that is told to stop just ends, whether or not there is a broker", async () => {
  const topic = await newTopic(broker.address);
  const standby = watch(topic, 60_000);
  standby.stop();
  expect(await standby.taken).toBeNull();
});

const PAUSES = sized(20, 500);
const PAUSED_AT_A_TIME = 2; // journals; a pause is mostly waiting
const KILLS = sized(5, 500);
const PAUSE_LEASE_MS = 300;

test(
  "a paused writer wakes up late, while two others claimed at once: it acknowledges nothing more",
  async () => {
    const pauses = PAUSES / PAUSED_AT_A_TIME;
    const journals = Array.from({ length: PAUSED_AT_A_TIME }, () => pauseAgainAndAgain(pauses));
    for (const found of await Promise.all(journals)) {
      expect(found).toMatchObject({ lost: [], twice: [] });
    }
  },
  sized(120_000, 3_600_000),
);

test(
  "a writer that is killed: another has taken over, and everything acknowledged is there",
  async () => {
    const topic = await newTopic(broker.address);
    const { address } = broker;
    const leaseMs = sized(PAUSE_LEASE_MS, 1_000);
    const all: Contender[] = [startContender(address, topic, "0", leaseMs)];
    const tookMs: number[] = [];
    for (let round = 1; round <= KILLS; round++) {
      const next = startContender(address, topic, String(round), leaseMs);
      all.push(next);
      await until("it stands by", () => next.said.length > 0);
      const killed = await trading(all);
      await killed.kill();
      const left = all.filter((one) => one !== killed && one.alive());
      tookMs.push(await until("another one is up", () => primaryOf(left) !== null));
    }
    await Promise.all(all.map((one) => one.kill()));
    report("takeover after SIGKILL, ms", {
      leaseMs,
      rounds: KILLS,
      p50: percentile(tookMs, 0.5),
      p99: percentile(tookMs, 0.99),
    });
    expect(await audit(address, topic, all)).toMatchObject({ lost: [], twice: [] });
  },
  sized(120_000, 3_600_000),
);

/** The writer of a journal of its own, each time; the other two claim. What the audit found then. */
async function pauseAgainAndAgain(pauses: number): ReturnType<typeof audit> {
  const topic = await newTopic(broker.address);
  const { address } = broker;
  const names = ["a", "b", "c"];
  const all = names.map((name) => startContender(address, topic, name, PAUSE_LEASE_MS));
  for (let round = 0; round < pauses; round++) {
    const paused = await trading(all);
    paused.pause();
    const others = all.filter((one) => one !== paused);
    const before = new Map(others.map((one) => [one, one.acked.size]));
    const since = (one: Contender): number[] => [...one.acked.values()].slice(before.get(one));
    await until("another one is up", () => primaryOf(others) !== null);
    before.set(paused, paused.acked.size); // all it said before it was paused is heard by now
    await new Promise((resolve) => setTimeout(resolve, 4 * PAUSE_LEASE_MS));
    paused.resume();
    await until("it knows that it is none", () => paused.state() !== "up");
    // One batch may have been confirmed and not yet told when it was paused, long before the claim.
    const first = Math.min(...others.flatMap(since));
    expect(since(paused).filter((sequence) => sequence >= first)).toEqual([]);
    expect(since(paused).length).toBeLessThan(20);
  }
  await Promise.all(all.map((one) => one.kill()));
  return audit(address, topic, all);
}

/** Whoever is the writer now, once it has acknowledged some orders more. */
async function trading(all: readonly Contender[]): Promise<Contender> {
  const alive = all.filter((one) => one.alive());
  await until("one is up", () => primaryOf(alive) !== null);
  const before = new Map(alive.map((one) => [one, one.acked.size]));
  const busy = (): Contender | null => {
    const up = primaryOf(alive);
    return up !== null && up.acked.size > before.get(up)! + 20 ? up : null;
  };
  await until("it trades", () => busy() !== null);
  return busy()!;
}
