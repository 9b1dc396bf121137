/** The client's end of the rings: what its user is promised, with a shard that the test plays itself. */
import { expect, test } from "@jest/globals";
import { COMMAND_BYTES } from "../core/command.ts";
import { EVENT_BYTES, EVENT_F64, EventF64, type Events, makeEvents } from "../core/event.ts";
import type { ShardSignals } from "../ring/ends.ts";
import { makeRing, openConsumer, openProducer } from "../ring/ring.ts";
import { makeStatusMemory, openStatus, ShardState } from "../ring/status.ts";
import { openRingClient } from "./ring-client.ts";
import { Refusal, type ShardClient } from "./shard-client.ts";

const BACKLOG = 2_500;

test("events wait for their listener, and all that was journaled is told before it is live", async () => {
  const { client, shard, listen } = opened();
  shard.publish(3);
  shard.ready();
  expect(client.refusal()).toBe(Refusal.STOPPED); // nobody has been told anything yet
  const heard = listen();
  expect(heard).toEqual(["1 to 3", "ready"]);
  shard.publish(2);
  expect(heard.slice(2)).toEqual(["4 to 5"]);
});

test("a long past is told in turns, between which sockets are served", async () => {
  const { shard, listen } = opened();
  shard.publish(BACKLOG);
  shard.ready();
  const heard = listen();
  expect(heard).toEqual(["1 to 1024"]);
  let turns = 0;
  while (!heard.includes("ready") && turns++ < 100) await nextTurn();
  expect(heard).toEqual(["1 to 1024", "1025 to 2048", "2049 to 2500", "ready"]);
});

test.each<[string, (shard: PlayedShard) => void, Refusal]>([
  ["is live", () => {}, Refusal.NONE],
  ["has a full disk", (shard) => shard.status.setState(ShardState.DISK_FULL), Refusal.DISK_FULL],
  ["was asked to stop", (shard) => shard.status.askToStop(), Refusal.STOPPED],
  ["says that it stopped", (shard) => shard.status.setState(ShardState.STOPPED), Refusal.STOPPED],
  ["told its end", (shard) => shard.stopped("broke", false), Refusal.STOPPED],
])("a shard that %s", (_, happens, refusal) => {
  const { client, shard } = live();
  happens(shard);
  expect(client.refusal()).toBe(refusal);
  expect(client.reserve() >= 0).toBe(refusal === Refusal.NONE);
});

test("a full ring refuses by name, and takes again when the shard has taken", () => {
  const { client, shard } = live();
  for (let i = 0; i < 8; i++) {
    expect(client.reserve()).toBe(i);
    client.commit();
  }
  expect([client.refusal(), client.reserve()]).toEqual([Refusal.RING_FULL, -1]);
  expect(client.queued()).toEqual({ commands: 8, events: 0 });
  client.flush();
  shard.take(1);
  expect(client.refusal()).toBe(Refusal.NONE);
});

test("the shard sees what is committed when it is flushed, all of one turn at once", () => {
  const { client, shard } = live();
  for (let i = 0; i < 3; i++) {
    expect(client.reserve()).toBe(i);
    client.commit();
  }
  expect([shard.waiting(), client.queued().commands]).toEqual([0, 3]);
  client.flush();
  expect([shard.waiting(), client.queued().commands]).toEqual([3, 3]);
  client.flush(); // nothing more
  expect(shard.waiting()).toBe(3);
});

test("a shard that ends in the midst of a turn is given nothing more", () => {
  const { client, shard } = live();
  client.reserve();
  client.commit();
  shard.stopped("broke", false);
  expect([client.reserve(), client.refusal()]).toEqual([-1, Refusal.STOPPED]);
});

test("what was refused in one turn is asked again in the next", () => {
  const { client, shard } = live();
  expect(client.reserve()).toBe(0); // and not committed
  shard.status.setState(ShardState.DISK_FULL);
  expect(client.reserve()).toBe(-1);
  shard.status.setState(ShardState.LIVE);
  expect(client.reserve()).toBe(0);
});

test("a record is zero when it is handed out, whatever stood there a lap ago", () => {
  const { client, shard } = live();
  for (let i = 0; i < 8; i++) {
    const at = client.reserve() * COMMAND_BYTES;
    client.commands.u8.fill(0xff, at, at + COMMAND_BYTES);
    client.commit();
  }
  client.flush();
  shard.take(8);
  const at = client.reserve() * COMMAND_BYTES;
  expect(client.commands.u8.subarray(at, at + COMMAND_BYTES).every((byte) => byte === 0)).toBe(
    true,
  );
});

test("the end comes after everything that was published before it, and nothing comes after", async () => {
  const { shard, listen } = opened();
  const heard = listen();
  shard.publish(BACKLOG);
  shard.ready();
  shard.stopped("asked to stop", true);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  expect(heard.slice(-2)).toEqual(["2049 to 2500", "clean end: asked to stop"]);
  expect(heard).toHaveLength(4);
});

test("who listens only after the end hears what was said, and why it ended", () => {
  const { shard, listen } = opened();
  shard.publish(2);
  shard.stopped("the disk broke", false);
  expect(listen()).toEqual(["1 to 2", "end: the disk broke"]);
});

interface PlayedShard {
  readonly status: ReturnType<typeof openStatus>;
  /** Publishes so many events, numbered on, and wakes the client if it sleeps. */
  publish(count: number): void;
  ready(): void;
  take(count: number): void;
  /** Commands that it can see. */
  waiting(): number;
  stopped(reason: string, clean: boolean): void;
}

interface Opened {
  readonly client: ShardClient;
  readonly shard: PlayedShard;
  /** Listens; what is heard, in words, a batch at a time. */
  listen(): string[];
}

function opened(): Opened {
  const commandRing = makeRing(8, COMMAND_BYTES);
  const eventRing = makeRing(32_768, EVENT_BYTES);
  const status = makeStatusMemory();
  const signals: ShardSignals[] = [];
  const attach = (signal: ShardSignals): void => void signals.push(signal);
  const client = openRingClient({ shard: 0, commandRing, eventRing, status, attach });
  const producer = openProducer(eventRing);
  const events = makeEvents(eventRing.slots, eventRing.memory, eventRing.recordsAt);
  let next = 1;
  const shard: PlayedShard = {
    status: openStatus(status),
    publish: (count) => {
      for (let i = 0; i < count; i++) {
        events.f64[producer.slot(i) * EVENT_F64 + EventF64.sequence] = next++;
      }
      producer.publish(count);
      if (producer.takeSleeper(0)) for (const signal of signals) signal.drain();
    },
    ready: () => {
      openStatus(status).setState(ShardState.LIVE);
      for (const signal of signals) signal.becomeReady();
    },
    take: (count) => openConsumer(commandRing, 0).advance(count),
    waiting: () => openConsumer(commandRing, 0).available(),
    stopped: (reason, clean) => {
      for (const signal of signals) signal.stopped(reason, clean);
    },
  };
  return { client, shard, listen: () => listenInWords(client) };
}

function live(): Opened {
  const all = opened();
  all.shard.ready();
  all.listen();
  return all;
}

function listenInWords(client: ShardClient): string[] {
  const heard: string[] = [];
  let batch: number[] = [];
  client.listen({
    onEvent: (events: Events, index) => {
      batch.push(events.f64[index * EVENT_F64 + EventF64.sequence]!);
    },
    onBatchEnd: () => {
      const isInOrder = batch.every((sequence, i) => sequence === batch[0]! + i);
      heard.push(isInOrder ? `${batch[0]} to ${batch.at(-1)}` : `out of order: ${batch.join()}`);
      batch = [];
    },
    onReady: () => void heard.push("ready"),
    onStopped: (reason, clean) => void heard.push(`${clean ? "clean " : ""}end: ${reason}`),
  });
  return heard;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
