/**
 * A client and the engines of one shard: whichever is the primary is found, and when it is lost, each
 * command on its way is answered once by what really happened, or is said never to have happened.
 */
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError, status as Status } from "@grpc/grpc-js";
import { CommandType, EventType, Side } from "../core/codes.ts";
import {
  COMMAND_BYTES,
  COMMAND_F64,
  CommandF64,
  CommandI32,
  CommandU8,
  makeCommands,
} from "../core/command.ts";
import { EVENT_BYTES } from "../core/event.ts";
import { BEHAVIOUR_NEWEST } from "../core/limits.ts";
import { serviceOf } from "../rpc/service.ts";
import { WINDOW_COMMANDS } from "../shell/entry/sessions.ts";
import {
  ENGINE_SIZES,
  startTestEngine,
  STEADY_LEASE_MS,
  type TestEngine,
} from "../shell/testing/cluster-engine.ts";
import { makeMemoryBroker } from "../shell/testing/memory-broker.ts";
import { type Fill, MARKET, placed } from "../shell/testing/orders.ts";
import {
  EnterRequestSchema,
  OrderEntryService,
} from "../../proto/gen/solebook/order/v1/entry_pb.ts";
import { type EntryClient, type EntryClientOptions, openEntryClient } from "./entry-client.ts";
import { Refusal } from "./shard-client.ts";
import { commitAll, hear } from "./testing/heard.ts";
import { startRelay } from "./testing/relay.ts";

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

/** The engine of the tests that do nothing to it: each has clients of its own. */
let steady: TestEngine | undefined;
afterAll(() => steady?.handle.stop());

test("a primary is lost after it journaled an order and before it said so: the next one says so, once", async () => {
  const { primary, standby, client, heard } = await pair();
  primary.way.hang("after");
  const [order = 0] = commitAll(client, [bid("a")]);
  await until("another is primary", () => standby.said.includes("primary"));
  await heard.answered([order]);
  await heard.answered(commitAll(await live(client), [bid("b")]));
  expect(heard.answers.get(order)).toEqual([EventType.ACCEPTED]);
  expect(heard.never).toEqual([]);
  expect(heard.said).toEqual(["away", "back"]);
  expect(gapsIn(heard.sequences)).toEqual([]);
});

test("a primary is lost before it journaled an order: it never happened, and never will", async () => {
  const { primary, standby, client, heard } = await pair();
  primary.way.hang("before");
  const orders = commitAll(client, [bid("a"), bid("b")]);
  await until("another is primary", () => standby.said.includes("primary"));
  await heard.answered(orders);
  expect(heard.never).toEqual(orders);

  primary.way.hang(null); // it is itself again, and becomes the primary again
  await standby.handle.stop();
  await until("it is primary again", () => primary.said.filter(isPrimary).length === 2);
  const again = commitAll(await live(client), [bid("a"), bid("c")]);
  await heard.answered(again);
  expect(again.map((one) => heard.answers.get(one))).toEqual([
    [EventType.ACCEPTED],
    [EventType.ACCEPTED],
  ]);
  expect(orders.map((one) => heard.answers.get(one))).toEqual([undefined, undefined]);
  const accepted = heard.log.filter((event) => event.endsWith(` ${EventType.ACCEPTED}`));
  expect(accepted).toHaveLength(2);
});

test("without a primary it refuses by name, and calls unknown what is on its way for too long", async () => {
  const { primary, client, heard } = await pair({ doubtMs: 150 }, 1);
  primary.way.hang("after");
  const [order = 0] = commitAll(client, [bid("a")]);
  await until("it is in doubt", () => heard.said.includes("doubt"));
  expect([client.refusal(), client.reserve()]).toEqual([Refusal.AWAY, -1]);
  primary.way.hang(null);
  await heard.answered(commitAll(await live(client), [bid("b")]));
  expect(heard.answers.has(order)).toBe(false); // it was told as nobody's
  expect(gapsIn(heard.sequences)).toEqual([]);
});

test("what was committed and not yet sent when the line broke never happened", async () => {
  const { primary, client, heard } = await pair({}, 1);
  const orders = commitAll(client, [bid("a")], false);
  await primary.handle.stop();
  await until("it is away", () => client.refusal() === Refusal.AWAY);
  client.flush();
  expect(heard.never).toEqual(orders);
});

test("an engine that is paused with its connection open is given up, and found again", async () => {
  const { primary } = await pair({}, 1);
  const relay = await startRelay(primary.address);
  ends.push(() => relay.close());
  const client = open({ addresses: [relay.address], silenceMs: 400 });
  const heard = hear(client);
  await heard.ready();
  relay.freeze(true);
  const orders = commitAll(client, [bid("a")]);
  await until("it is away", () => client.refusal() === Refusal.AWAY);
  relay.freeze(false);
  await heard.answered(commitAll(await live(client), [bid("b")]));
  await heard.answered(orders); // it had arrived or not, and either is said once
  expect(heard.never.length + (heard.answers.get(orders[0]!)?.length ?? 0)).toBe(1);
  expect(heard.said.slice(0, 2)).toEqual(["away", "back"]);
});

test("two clients hear all, and each only its own answers", async () => {
  const { primary, client, heard } = await withSteady();
  const other = open({ addresses: [primary.address] });
  const otherHeard = hear(other);
  await otherHeard.ready();
  const mine = commitAll(client, [bid("a")]);
  const theirs = commitAll(other, [bid("a"), bid("b")]);
  await Promise.all([heard.answered(mine), otherHeard.answered(theirs)]);
  await until("both heard all", () => heard.log.length === otherHeard.log.length);
  expect(otherHeard.log).toEqual(heard.log);
  expect(theirs.map((one) => heard.answers.has(one))).toEqual([false, false]);
  expect(mine.map((one) => otherHeard.answers.has(one))).toEqual([false]);
});

test("compounds of two clients at once: the records of each stay together", async () => {
  const { primary, client, heard } = await withSteady();
  const other = open({ addresses: [primary.address] });
  const otherHeard = hear(other);
  await otherHeard.ready();
  await heard.answered(commitAll(client, [rules(BEHAVIOUR_NEWEST)]));
  const sides = [
    { client, heard, account: 1, compounds: [] as number[][] },
    { client: other, heard: otherHeard, account: 2, compounds: [] as number[][] },
  ];
  for (let round = 0; round < ROUNDS; round++) {
    // In the same turn of the loop, and in the next ones while the first are still on their way.
    for (const { client: to, account, compounds } of sides) {
      for (const size of [2, 1 + ((round * 7) % 31) + 1, 32]) {
        compounds.push(
          commitAll(to, compound(`${account}-${round}-${size}`, account, size), false),
        );
        commitAll(to, [bid(`${account}-${round}-${size}-`, account)], false); // and one alone
      }
      to.flush();
    }
    await new Promise((resolve) => setImmediate(resolve));
    const isRoomy = (): boolean => sides.every(({ client: to }) => to.room() > 100);
    await until("there is credit", isRoomy);
  }
  for (const { heard: by, compounds } of sides) {
    await by.answered(compounds.flat());
    const types = new Set(compounds.flat().flatMap((one) => by.answers.get(one)!));
    expect([...types]).toEqual([EventType.ACCEPTED]); // a broken one would be refused
    for (const records of compounds) {
      // They happen in one step, at the last record's sequence.
      expect(new Set(records.map((one) => by.sequenceOf.get(one))).size).toBe(1);
    }
  }
  // And they did come in turns: else nobody could have come between.
  const firsts = (at: number): number[] =>
    sides[at]!.compounds.map(([one = 0]) => sides[at]!.heard.sequenceOf.get(one)!);
  expect(Math.min(...firsts(1))).toBeLessThan(Math.max(...firsts(0)));
  expect(Math.min(...firsts(0))).toBeLessThan(Math.max(...firsts(1)));
});

test("another journal than the one it knows ends it", async () => {
  const { primary } = await withSteady();
  const stranger = open({ addresses: [primary.address], journalId: "00".repeat(16) });
  const heard = hear(stranger);
  await until("it has ended", () => heard.said.length > 0);
  expect(heard.said[0]).toMatch(/^stopped .*journal [0-9a-f]{32} is served here/);
  expect(stranger.refusal()).toBe(Refusal.STOPPED);
});

const record = (type: number, count = 1): Uint8Array => {
  const commands = makeCommands(count);
  for (let i = 0; i < count; i++) commands.u8[i * COMMAND_BYTES + CommandU8.type] = type;
  for (let i = 0; i < count; i++) commands.f64[i * COMMAND_F64 + CommandF64.correlation] = 1;
  return commands.u8;
};

test.each<[string, Uint8Array, RegExp]>([
  ["half a record", new Uint8Array(95), /95 bytes are no command records/],
  ["no record", new Uint8Array(0), /0 bytes/],
  ["a clock", record(CommandType.CLOCK), /shard's own to journal/],
  ["a checkpoint", record(CommandType.CHECKPOINT), /shard's own to journal/],
  ["no command at all", record(CommandType.NONE), /shard's own to journal/],
  ["more than there is credit for", record(CommandType.PLACE, WINDOW_COMMANDS + 1), /credit/],
])("who sends %s is cut off", async (_, records, words) => {
  const { primary, client } = await withSteady();
  const ended = await sendRaw(primary, records);
  expect(ended.code).toBe(Status.INVALID_ARGUMENT);
  expect(ended.details).toMatch(words);
  expect(client.refusal()).toBe(Refusal.NONE); // nobody else is harmed
});

test("the same client's next stream ends the one before", async () => {
  const { primary } = await withSteady();
  const origin = randomBytes(16);
  const entered = Promise.withResolvers<void>();
  const first = sendRaw(primary, null, origin, entered.resolve);
  await entered.promise;
  const second = sendRaw(primary, new Uint8Array(1), origin);
  expect((await first).code).toBe(Status.ABORTED);
  expect((await second).code).toBe(Status.INVALID_ARGUMENT);
});

const isPrimary = (words: string): boolean => words === "primary";
const bid = (id: string, account = 1): Fill =>
  placed({ id, account, side: Side.BID, deadlineUs: Date.now() * 1_000 + 60_000_000 });
const compound = (id: string, account: number, count: number): Fill[] =>
  Array.from({ length: count }, (_, index) => (it) => {
    bid(`${id}.${index}`, account)(it);
    it.u8(CommandU8.compoundIndex, index);
    it.u8(CommandU8.compoundCount, count);
  });
const rules =
  (behaviour: number): Fill =>
  (it) => {
    it.u8(CommandU8.type, CommandType.SET_BEHAVIOUR);
    it.i32(CommandI32.behaviour, behaviour);
  };
/** Of three compounds and three orders of each client. */
const ROUNDS = 60;

function open(options: Partial<EntryClientOptions>): EntryClient {
  const client = openEntryClient({ shard: 0, addresses: [], ...options });
  ends.push(() => client.close());
  return client;
}

/** A primary, a standby unless one engine is enough, and a client that has set the market up. */
async function pair(options: Partial<EntryClientOptions> = {}, engines = 2) {
  const broker = makeMemoryBroker();
  const started: TestEngine[] = [];
  for (let i = 0; i < engines; i++) {
    const engine = await startTestEngine(broker);
    started.push(engine);
    ends.push(() => engine.handle.stop());
    if (i === 0) await until("it is primary", () => engine.said.includes("primary"));
  }
  const [primary, standby] = started as [TestEngine, TestEngine];
  const client = open({ addresses: started.map(({ address }) => address), ...options });
  const heard = hear(client);
  await heard.ready();
  await heard.answered(commitAll(client, MARKET));
  return { primary, standby, client, heard };
}

/** The one engine they share, and a client that has set the market up. */
async function withSteady() {
  if (steady === undefined) {
    steady = await startTestEngine(makeMemoryBroker(), ENGINE_SIZES, 0, STEADY_LEASE_MS);
    await until("it is primary", () => steady!.said.includes("primary"));
  }
  const client = open({ addresses: [steady.address] });
  const heard = hear(client);
  await heard.ready();
  await heard.answered(commitAll(client, MARKET));
  return { primary: steady, client, heard };
}

async function live(client: EntryClient): Promise<EntryClient> {
  await until("it takes commands", () => client.refusal() === Refusal.NONE);
  return client;
}

function gapsIn(sequences: readonly number[]): number[] {
  return sequences.filter((sequence, i) => i > 0 && sequence <= sequences[i - 1]!);
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + 50_000;
  while (!isSo()) {
    if (performance.now() > giveUpMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A hello, and these records if any; how the stream ended. */
function sendRaw(
  { address }: TestEngine,
  records: Uint8Array | null,
  origin: Buffer = randomBytes(16),
  onMessage: () => void = () => {},
): Promise<ServiceError> {
  const client = new Client(address, credentials.createInsecure());
  ends.push(() => client.close());
  const { path, requestSerialize, responseDeserialize } = serviceOf(OrderEntryService).enter;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const value = { origin, fromSequence: 1n, commandBytes: COMMAND_BYTES, eventBytes: EVENT_BYTES };
  call.write(create(EnterRequestSchema, { message: { case: "hello", value } }));
  if (records !== null) {
    call.write(create(EnterRequestSchema, { message: { case: "commands", value: { records } } }));
  }
  call.on("data", onMessage);
  return new Promise((resolve) => call.on("error", resolve));
}
