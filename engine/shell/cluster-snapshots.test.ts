/**
 * Engines of a shard whose journal is at a broker, and their snapshots: each leaves some, in files of its
 * own and in Postgres, and the next one begins with the newest and comes to the same state.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEntryClient } from "../client/entry-client.ts";
import { type MatchBatch, readMatchStream } from "../client/match-stream.ts";
import { commitAll, hear, type Heard } from "../client/testing/heard.ts";
import { CommandType, EventType, Side } from "../core/codes.ts";
import { COMMAND_BYTES, CommandU8 } from "../core/command.ts";
import { startClusterShard } from "./cluster-shard.ts";
import { emptyState, makeFollower } from "./follower.ts";
import type { ListeningHandle } from "./listening.ts";
import { startTopicStream } from "./match-stream/of-topic.ts";
import { openPostgresSnapshots } from "./snapshot/postgres.ts";
import { until } from "./testing/contest.ts";
import { startTestDatabase, type TestDatabase } from "./testing/database.ts";
import {
  newTopic,
  openTest,
  startTestBroker,
  TEST_LEASE_MS,
  type TestBroker,
} from "./testing/kafka.ts";
import { MARKET, placed } from "./testing/orders.ts";
import { OPTIONS } from "./testing/snapshots.ts";

let broker: TestBroker;
let database: TestDatabase;
beforeAll(async () => {
  [broker, database] = await Promise.all([startTestBroker(), startTestDatabase()]);
}, 120_000);
afterAll(async () => {
  await Promise.all([broker.stop(), database.stop()]);
});

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** Nothing here is about losing it: on a machine however busy, an engine keeps its office to the end. */
const LEASE_MS = 2 * TEST_LEASE_MS;
const EVERY = 200;

interface Engine {
  readonly handle: ListeningHandle;
  readonly address: string;
  /** "WORDS SEQUENCE" of its log, the sequence where there is one. */
  readonly said: readonly string[];
}

async function start(
  topic: string,
  directory: string,
  databaseUrl: string | null,
): Promise<Engine> {
  const said: string[] = [];
  const say = (fields: object, words: string): void =>
    void said.push("sequence" in fields ? `${words} ${String(fields.sequence)}` : words);
  const { address } = broker;
  const handle = startClusterShard({
    shard: 0,
    journal: openTest(address, topic, { leaseMs: LEASE_MS }),
    leaseMs: LEASE_MS,
    host: "127.0.0.1",
    port: 0,
    log: { info: say, warn: say, error: say },
    options: OPTIONS,
    snapshots: { directory, databaseUrl, everyCommands: EVERY, address, topic },
  });
  ends.push(() => handle.stop());
  const { port } = await handle.listening;
  return { handle, address: `127.0.0.1:${port}`, said };
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "solebook-engine-"));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** What it was an hour ago does not count. */
async function isPrimary({ said }: Engine): Promise<void> {
  const state = (): string => said.findLast((line) => /^(primary|standing by)/.test(line)) ?? "";
  await until("it is the primary", () => state().startsWith("primary"));
}

/** Sets the market up when it is new, and places so many orders, some of which trade. */
async function trade(engine: Engine, orders: number, isNew = false): Promise<Heard> {
  await isPrimary(engine);
  const client = openEntryClient({ shard: 0, addresses: [engine.address] });
  const heard = hear(client);
  await heard.ready();
  if (isNew) await heard.answered(commitAll(client, MARKET));
  const side = (number: number): number => (number % 3 === 0 ? Side.ASK : Side.BID);
  const placing = Array.from({ length: orders }, (_, number) =>
    placed({
      id: `${heard.log.length}-${number}`,
      side: side(number),
      account: 1 + (number % 2),
      deadlineUs: Date.now() * 1_000 + 60_000_000,
    }),
  );
  const answers = commitAll(client, placing);
  await heard.answered(answers);
  for (const one of answers) expect(heard.answers.get(one)).toEqual([EventType.ACCEPTED]);
  client.close();
  return heard;
}

const beganAt = (engine: Engine): number => Number(engine.said[0]!.replace("standing by ", ""));

async function hasTaken({ said }: Engine): Promise<void> {
  await until("it has taken one", () => said.some((line) => line.startsWith("snapshot taken")));
}

interface Replayed {
  /** Met, and found to be right. */
  readonly checkpoints: number;
  readonly last: number;
}

/** Replays all of it from its first command. */
async function replay(topic: string): Promise<Replayed> {
  let checkpoints = 0;
  let last = 0;
  const follower = makeFollower({
    journal: openTest(broker.address, topic),
    state: emptyState(OPTIONS),
    onCommand: ({ u8 }, index) => {
      last = u8[index * COMMAND_BYTES + CommandU8.type]!;
      if (last === CommandType.CHECKPOINT) checkpoints++;
    },
  });
  await follower.catchUp();
  return { checkpoints, last };
}

test("the next engine begins with what the last one left in Postgres, and comes to the same state", async () => {
  const topic = await newTopic(broker.address);
  const first = await start(topic, folder(), database.url);
  expect(beganAt(first)).toBe(0);
  await trade(first, 2 * EVERY, true);
  await hasTaken(first);
  // Its checkpoint follows; should that be lost, more orders make the next one due.
  while ((await replay(topic)).checkpoints === 0) await trade(first, 20);
  await trade(first, 20);
  await first.handle.stop(); // with a checkpoint of its last state
  const before = await replay(topic);
  expect(before.last).toBe(CommandType.CHECKPOINT);

  const second = await start(topic, folder(), database.url);
  expect(beganAt(second)).toBeGreaterThan(EVERY);
  const heard = await trade(second, 20); // its client is told all that ever happened
  expect(heard.sequences[0]).toBe(1);
  await second.handle.stop(); // with a checkpoint: what it hashes to, who began with a snapshot
  const after = await replay(topic);
  expect(after.last).toBe(CommandType.CHECKPOINT);
  expect(after.checkpoints).toBeGreaterThan(before.checkpoints);
});

test("an engine's own files do without Postgres; a topic whose beginning is gone needs either", async () => {
  const topic = await newTopic(broker.address);
  const own = folder();
  const first = await start(topic, own, null);
  await trade(first, 2 * EVERY, true);
  await hasTaken(first);
  await first.handle.stop();
  expect(readdirSync(own).filter((name) => name.endsWith(".snapshot"))).toHaveLength(1);
  await openTest(broker.address, topic, { retainMs: 0 }).archiveBefore(2);

  const without = await start(topic, folder(), null);
  expect(await without.handle.ended).toMatchObject({ code: "JOURNAL_ARCHIVED" });
  const second = await start(topic, own, "postgres://127.0.0.1:1/nobody");
  expect(second.said[0]).toContain("Postgres cannot be reached");
  await isPrimary(second);
  const client = openEntryClient({ shard: 0, addresses: [second.address] });
  ends.push(() => client.close());
  const heard = hear(client); // who wants to hear from the first command cannot any more
  await until("it is refused", () => heard.said.length > 0);
  expect(heard.said[0]).toMatch(/^stopped .*archived: begin with the snapshot at \d+/);
});

test("a match stream of a topic whose beginning is gone begins with a snapshot, and says where to begin", async () => {
  const topic = await newTopic(broker.address);
  const first = await start(topic, folder(), database.url);
  await trade(first, 2 * EVERY, true);
  await hasTaken(first);
  await openTest(broker.address, topic, { retainMs: 0 }).archiveBefore(2);

  const stream = startTopicStream({
    shard: 0,
    journal: openTest(broker.address, topic),
    snapshotDirectory: folder(),
    databaseUrl: database.url,
    host: "127.0.0.1",
    port: 0,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    options: OPTIONS,
  });
  ends.push(() => stream.stop());
  const address = `127.0.0.1:${(await stream.listening).port}`;
  const from = (fromSequence: number): AsyncGenerator<MatchBatch> =>
    readMatchStream({ address, shard: 0, fromSequence });
  const refused = await from(1)
    .next()
    .then(
      () => null,
      (error: unknown) => error as { code: string; sequence: number },
    );
  expect(refused).toMatchObject({ code: "TOO_OLD" });
  const { value } = await from(refused!.sequence + 1).next();
  expect(value).toMatchObject({ firstSequence: refused!.sequence + 1 });
});

test("snapshots beside an empty topic, or of another journal, refuse the start by name", async () => {
  const [topic, other, empty] = await Promise.all([1, 2, 3].map(() => newTopic(broker.address)));
  const own = folder();
  const first = await start(topic!, own, database.url);
  await trade(first, 2 * EVERY, true);
  await hasTaken(first);
  await first.handle.stop();
  const stranger = await start(other!, folder(), database.url); // Postgres has other journals', too
  expect(beganAt(stranger)).toBe(0);
  await trade(stranger, 1, true);
  for (const wrong of [other!, empty!]) {
    const refused = startClusterShard({
      shard: 0,
      journal: openTest(broker.address, wrong, { leaseMs: LEASE_MS }),
      leaseMs: LEASE_MS,
      host: "127.0.0.1",
      port: 0,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      options: OPTIONS,
      snapshots: {
        directory: own,
        databaseUrl: database.url,
        everyCommands: 0,
        address: broker.address,
        topic: wrong,
      },
    });
    expect(await refused.ended).toMatchObject({ code: "JOURNAL_FOREIGN" });
  }
  const store = await openPostgresSnapshots(database.url);
  for (const snapshot of await store.list(0)) expect(snapshot.isVerified).toBe(true);
  await store.close();
});
