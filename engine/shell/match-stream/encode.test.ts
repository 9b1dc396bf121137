/**
 * What each event says on the wire, field by field; and that generated code, which knows the schema
 * and nothing of records, reads a whole day of them.
 */
import { describe, expect, test } from "@jest/globals";
import { fromBinary, toBinary, toJson, type JsonValue } from "@bufbuild/protobuf";
import { EventType, OrderStatus } from "../../core/codes.ts";
import {
  EVENT_BYTES,
  EVENT_F64,
  EventF64,
  EventFlag,
  EventI32,
  type Events,
  EventU8,
  makeEvents,
} from "../../core/event.ts";
import {
  type Event,
  EventSchema,
  type EventBatch,
  SubscribeResponseSchema,
} from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import { emptyState, makeFollower } from "../follower.ts";
import { makeDisk } from "../testing/disk.ts";
import { openWritten, SIZES } from "../testing/written.ts";
import { type Chunk, makeChunkWriter, MESSAGE_BYTES, restOfChunk } from "./encode.ts";

const JOURNAL_ID = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");

// A record in which word n is 1000 + n and double n is 2^40 + n; the codes are small.
const level = {
  instrument: 1008,
  side: "SIDE_ASK",
  priceTicks: 1009,
  quantity: "1099511627782",
  orders: 1011,
  marketSeq: "1099511627783",
};
const owner = {
  account: 1022,
  accountSeq: "1099511627786",
  orderId: "1099511627785",
  clientOrderId: idOf(1026),
  open: 1023,
  filled: 1024,
};
const taker = {
  account: 1034,
  accountSeq: "1099511627792",
  orderId: "1099511627791",
  clientOrderId: idOf(1038),
  open: 1035,
  filled: 1036,
};
const instrument = {
  instrument: 1008,
  product: 1022,
  tickMinor: 1038,
  bandLowTicks: 1034,
  bandHighTicks: 1035,
  quantityMax: 1036,
  referenceTicks: 1040,
  state: "INSTRUMENT_STATE_HALTED",
  marketSeq: "1099511627783",
};

const ROWS: readonly [keyof typeof EventType, Record<string, number>, JsonValue][] = [
  [
    "ACCEPTED",
    { flags: EventFlag.POST_ONLY | EventFlag.DUPLICATE, status: OrderStatus.OPEN },
    {
      party: owner,
      instrument: 1008,
      side: "SIDE_ASK",
      orderType: "ORDER_TYPE_LIMIT",
      timeInForce: "TIME_IN_FORCE_GTD",
      postOnly: true,
      priceTicks: 1009,
      quantity: 1010,
      expiresAtUs: "1099511627791",
      status: "ORDER_STATUS_OPEN",
      duplicate: true,
      firstSequence: "1099511627792",
    },
  ],
  [
    "REJECTED",
    { flags: EventFlag.DUPLICATE, reason: 5 },
    {
      party: owner,
      instrument: 1008,
      side: "SIDE_ASK",
      orderType: "ORDER_TYPE_LIMIT",
      timeInForce: "TIME_IN_FORCE_GTD",
      priceTicks: 1009,
      quantity: 1010,
      reject: "REJECT_DEADLINE_PASSED",
      duplicate: true,
      firstSequence: "1099511627792",
    },
  ],
  ["TRADE", {}, { level, tradeId: "1099511627784", quantity: 1010, maker: owner, taker }],
  [
    "RESTED",
    { flags: EventFlag.RESTORED },
    {
      level,
      party: owner,
      expiresAtUs: "1099511627791",
      restored: true,
      priority: "1099511627784",
    },
  ],
  [
    "CANCELLED",
    { reason: 4 },
    { level, party: owner, quantity: 1010, reason: "CANCEL_REASON_SELF_TRADE" },
  ],
  ["EXPIRED", {}, { level, party: owner, quantity: 1010 }],
  ["GROUP_REDUCED", {}, { level, party: owner, quantity: 1010 }],
  [
    "AMENDED",
    { flags: EventFlag.REQUEUED },
    {
      level,
      party: owner,
      quantity: 1010,
      priceTicks: 1034,
      total: 1035,
      expiresAtUs: "1099511627791",
      requeued: true,
    },
  ],
  [
    "PREVENTED",
    { status: OrderStatus.CANCELLED },
    { level, quantity: 1010, maker: owner, taker, makerStatus: "ORDER_STATUS_CANCELLED" },
  ],
  ["STATUS", { status: OrderStatus.REJECTED, reason: 5 }, statusOf("REJECTED", "reject")],
  ["STATUS", { status: OrderStatus.CANCELLED, reason: 5 }, statusOf("CANCELLED", "cancelReason")],
  ["STATUS", { status: OrderStatus.FILLED, reason: 5 }, statusOf("FILLED")],
  [
    "MASS_CANCEL_ACCEPTED",
    { flags: EventFlag.MORE_PENDING | EventFlag.AT_LEAST },
    {
      account: 1022,
      accountSeq: "1099511627786",
      orders: 1010,
      morePending: true,
      tag: 1034,
      atLeast: true,
    },
  ],
  ["TIMER_SET", {}, { account: 1022, tag: 1034, firesAtUs: "1099511627791" }],
  [
    "TIMER_FIRED",
    { flags: EventFlag.AT_LEAST },
    {
      account: 1022,
      accountSeq: "1099511627786",
      tag: 1034,
      firesAtUs: "1099511627791",
      orders: 1010,
      atLeast: true,
    },
  ],
  [
    "AUCTION_COUNTED",
    {},
    {
      instrument: 1008,
      marketSeq: "1099511627783",
      bidOrders: 1034,
      askOrders: 1035,
      bidUnits: "1099511627791",
      askUnits: "1099511627792",
      indicativePriceTicks: 1009,
      indicativeUnits: "1099511627782",
    },
  ],
  [
    "UNCROSS_ACCEPTED",
    { flags: EventFlag.MORE_PENDING },
    { instrument: 1008, product: 1022, instruments: 1010, morePending: true },
  ],
  [
    "UNCROSSED",
    {},
    {
      instrument: 1008,
      marketSeq: "1099511627783",
      priceTicks: 1009,
      units: "1099511627782",
      bidUnits: "1099511627791",
      askUnits: "1099511627792",
    },
  ],
  ["INSTRUMENT_LISTED", { flags: EventFlag.DUPLICATE }, { instrument, duplicate: true }],
  ["INSTRUMENT_STATE_SET", {}, { instrument }],
  ["BAND_SET", {}, { instrument }],
  [
    "ACCOUNT_SET",
    {},
    {
      account: 1022,
      allowed: true,
      openOrdersMax: 1034,
      openBidValueMaxMinor: "1099511627785",
    },
  ],
  ["CHECKPOINTED", {}, {}],
  ["BEHAVIOUR_SET", {}, {}],
];

describe("what each event says", () => {
  test.each(ROWS)("%s %j", (name, bytes, says) => {
    const events = recordOf(EventType[name], bytes);
    const [event] = eventsOf(encode(events, 2 ** 40 + 2));
    const { type, sequence, stampUs, correlation, commandType, ...rest } = jsonOf(event!);
    expect(type).toBe(`EVENT_TYPE_${name}`);
    expect([sequence, stampUs, correlation, commandType]).toEqual([
      "1099511627777",
      "1099511627778",
      "1099511627779",
      "COMMAND_TYPE_PLACE",
    ]);
    expect(rest).toEqual({ last: true, [camel(name)]: says });
  });

  test("every type has its row", () => {
    const names = ["NONE", ...new Set(ROWS.map(([name]) => name))];
    expect(names.toSorted()).toEqual(Object.keys(EventType).toSorted());
  });
});

test.each([
  ["the largest", 2 ** 53 - 1, "9007199254740991"],
  ["31 bits", 2 ** 31 - 1, "2147483647"],
  ["one more", 2 ** 31, "2147483648"],
  ["56 bits' worth of sevens", 2 ** 49 - 128, "562949953421184"],
  ["zero is left out", 0, undefined],
  ["a client's nonsense is left out", Number.NaN, undefined],
  ["also when it is negative", -1, undefined],
  ["or no whole number", 0.5, undefined],
  ["or too large to be one", 2 ** 60, undefined],
])("numbers: %s", (_, value, says) => {
  const events = recordOf(EventType.ACCEPTED, {});
  events.f64[EventF64.correlation] = value;
  expect(jsonOf(eventsOf(encode(events, 2 ** 40 + 2))[0]!)["correlation"]).toBe(says);
});

test.each([1, 127, 128, 16_384, 2 ** 31 - 1, -1, -128, -(2 ** 31)])("words: %i", (value) => {
  const events = recordOf(EventType.REJECTED, {});
  events.i32[EventI32.priceTicks] = value;
  const [event] = eventsOf(encode(events, 2 ** 40 + 2));
  expect(event!.event).toMatchObject({ case: "rejected", value: { priceTicks: value } });
});

test("a day of every kind of event: each once, in order, in messages of a bounded size", async () => {
  const { chunks, records } = await aDay(20_000);
  const seen: string[] = [];
  let next = 1;
  for (const chunk of chunks) {
    const batch = batchOf(chunk);
    expect(Number(batch.firstSequence)).toBe(next);
    next = Number(batch.nextSequence);
    expect([chunk.firstSequence, chunk.nextSequence]).toEqual([Number(batch.firstSequence), next]);
    expect(Buffer.from(batch.journalId)).toEqual(JOURNAL_ID);
    expect(chunk.message.length).toBeLessThan(2 * MESSAGE_BYTES);
    for (const { sequence, index, type, last } of batch.events) {
      seen.push(`${sequence}/${index} ${type} ${last}`);
    }
  }
  expect(next).toBe(20_001);
  expect(seen).toEqual(records);
  expect(new Set(seen.map((line) => line.split(" ")[1])).size).toBeGreaterThan(12);
});

test("generated code writes what it has read as the same events", async () => {
  const { chunks } = await aDay(2_000);
  for (const chunk of chunks) {
    const read = fromBinary(SubscribeResponseSchema, chunk.message);
    const again = toBinary(SubscribeResponseSchema, read);
    expect(fromBinary(SubscribeResponseSchema, again)).toEqual(read);
    expect(again.length).toBeLessThanOrEqual(chunk.message.length);
  }
});

test("the rest of a chunk is the chunk without the commands before", async () => {
  const { chunks } = await aDay(2_000);
  const chunk = chunks[1]!;
  const from = chunk.firstSequence + 17;
  const rest = restOfChunk(chunk, from);
  expect([rest.firstSequence, rest.nextSequence]).toEqual([from, chunk.nextSequence]);
  expect(eventsOf(rest)).toEqual(eventsOf(chunk).filter((event) => Number(event.sequence) >= from));
  expect(Number(batchOf(rest).firstSequence)).toBe(from);
});

test("a writer that begins later passes over what came before", () => {
  const events = makeEvents(4);
  for (const sequence of [1, 2, 3, 4]) {
    events.f64[(sequence - 1) * EVENT_F64 + EventF64.sequence] = sequence;
    events.u8[(sequence - 1) * EVENT_BYTES + EventU8.flags] = EventFlag.LAST;
    events.u8[(sequence - 1) * EVENT_BYTES + EventU8.type] = EventType.CHECKPOINTED;
  }
  events.count = 4;
  const [chunk] = encode(events, 5, 3);
  expect(eventsOf([chunk!]).map((event) => Number(event.sequence))).toEqual([3, 4]);
  expect([chunk!.firstSequence, chunk!.nextSequence]).toEqual([3, 5]);
});

test("commands without events are covered all the same", () => {
  const [chunk] = encode(makeEvents(1), 8, 5);
  expect([chunk!.firstSequence, chunk!.nextSequence]).toEqual([5, 8]);
  expect(batchOf(chunk!)).toMatchObject({ firstSequence: 5n, nextSequence: 8n, events: [] });
  expect(encode(makeEvents(1), 5, 5)).toEqual([]);
});

interface Day {
  readonly chunks: readonly Chunk[];
  /** "sequence/index type last" of every event. */
  readonly records: readonly string[];
}

async function aDay(commands: number): Promise<Day> {
  const written = openWritten(makeDisk(), 7);
  written.write(commands);
  const chunks: Chunk[] = [];
  const records: string[] = [];
  const writer = makeChunkWriter(JOURNAL_ID, 0, 1, (chunk) => void chunks.push(chunk));
  let index = 0;
  const follower = makeFollower({
    journal: written,
    state: emptyState(SIZES),
    onDecided: ({ events, nextSequence }) => {
      for (let i = 0; i < events.count; i++) {
        const sequence = events.f64[i * EVENT_F64 + EventF64.sequence];
        const type = events.u8[i * EVENT_BYTES + EventU8.type];
        const isLast = (events.u8[i * EVENT_BYTES + EventU8.flags]! & EventFlag.LAST) !== 0;
        records.push(`${sequence}/${index++} ${type} ${isLast}`);
        if (isLast) index = 0;
      }
      writer.add(events, nextSequence);
    },
  });
  await follower.catchUp();
  writer.flush();
  return { chunks, records };
}

function recordOf(type: number, bytes: Readonly<Record<string, number>>): Events {
  const events = makeEvents(1);
  for (const at of Object.values(EventI32)) events.i32[at] = 1_000 + at;
  for (const at of [EventI32.clientOrderId, EventI32.takerClientOrderId]) {
    for (let word = 0; word < 4; word++) events.i32[at + word] = 1_000 + at + word;
  }
  for (const at of Object.values(EventF64)) events.f64[at] = 2 ** 40 + at;
  // The overlays share a word; what is in it depends on the type.
  if (type >= EventType.INSTRUMENT_LISTED && type <= EventType.BAND_SET) {
    events.i32[EventI32.state] = 2;
  }
  const set = { type, flags: 0, side: 2, orderType: 1, tif: 2, commandType: 1, ...bytes };
  for (const [name, value] of Object.entries(set)) {
    events.u8[EventU8[name as keyof typeof EventU8]] = value;
  }
  events.u8[EventU8.flags]! |= EventFlag.LAST;
  events.count = 1;
  return events;
}

function encode(events: Events, nextSequence: number, from = 2 ** 40 + 1): Chunk[] {
  const chunks: Chunk[] = [];
  const writer = makeChunkWriter(JOURNAL_ID, 0, from, (chunk) => void chunks.push(chunk));
  writer.add(events, nextSequence);
  writer.flush();
  return chunks;
}

function batchOf(chunk: Chunk): EventBatch {
  const { message } = fromBinary(SubscribeResponseSchema, chunk.message);
  if (message.case !== "batch") throw new Error("no batch");
  return message.value;
}

function eventsOf(chunks: Chunk | readonly Chunk[]): readonly Event[] {
  return [chunks].flat().flatMap((chunk) => batchOf(chunk as Chunk).events);
}

function jsonOf(event: Event): Record<string, JsonValue> {
  return toJson(EventSchema, event) as Record<string, JsonValue>;
}

function statusOf(status: string, reason?: string): JsonValue {
  const words = { reject: "REJECT_DEADLINE_PASSED", cancelReason: "CANCEL_REASON_WORK_BOUND" };
  return {
    party: owner,
    instrument: 1008,
    status: `ORDER_STATUS_${status}`,
    quantity: 1010,
    firstSequence: "1099511627792",
    expiresAtUs: "1099511627791",
    ...(reason === undefined ? {} : { [reason]: words[reason as keyof typeof words] }),
  };
}

/** Sixteen bytes, in base64 as JSON has them. */
function idOf(firstWord: number): string {
  const words = Int32Array.from([0, 1, 2, 3], (word) => firstWord + word);
  return Buffer.from(words.buffer).toString("base64");
}

function camel(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
