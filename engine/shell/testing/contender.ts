/**
 * A process of its own that wants to write a journal at brokers: it stands by, takes over when the
 * journal falls silent, trades at full load, steps down when it must, and stands by again. Tests pause
 * and kill it and its brokers.
 *
 * Arguments: NAME TOPIC LEASE_MS HOST:PORT,… Lines: "standing by", "up TERM", "acked ID SEQUENCE" for
 * each order that was made durable and applied, "down KIND", "ended CODE". Who takes over sends the newest
 * orders of its predecessors again, as their clients would: "again ID SEQUENCE", the first copy's. Numbers end with a full stop: a line cut off by a kill has none.
 */
import { CommandType, EventType, Side } from "../../core/codes.ts";
import {
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandI32,
  type Commands,
  CommandU8,
} from "../../core/command.ts";
import { clearCommand, COMMAND_BYTES, makeCommands } from "../../core/command.ts";
import {
  EVENT_BYTES,
  EVENT_F64,
  EventF64,
  EventFlag,
  EventU8,
  makeEvents,
} from "../../core/event.ts";
import { makeShard } from "../../core/index.ts";
import {
  BATCH_COMMANDS_MAX,
  DEADLINE_DEFAULT_US,
  EVENTS_PER_COMMAND_MAX,
} from "../../core/limits.ts";
import { makeRing, openConsumer, openProducer } from "../../ring/ring.ts";
import { makeStatusMemory, openStatus, ShardState } from "../../ring/status.ts";
import { makeClock, systemTime } from "../clock.ts";
import { HEADER_BYTES } from "../journal/frame.ts";
import { JOURNAL_START, type JournalPlace } from "../journal/journal.ts";
import type { Publisher } from "../publisher.ts";
import { runRemotePrimary } from "../remote-primary.ts";
import { standBy, type TakenOver } from "../standby.ts";
import { addressOf, openTest } from "./kafka.ts";
import { fieldsAt, MARKET, placed } from "./orders.ts";

const [name = "", topic = "", lease = "", brokers = ""] = process.argv.slice(2);
const leaseMs = Number(lease);
const ORDERS_EACH = 4;
const ORDERS_AGAIN = 20;
const SLOTS = 1_024;
const SIZES = { accountsMax: 16, instrumentsMax: 16, ordersMax: 65_536, idsMax: 524_288 };

// A pipe is written at once: what was said is the parent's even if we are killed.
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const monotonicMs = (): number => performance.now();
const forEver = new AbortController().signal;

const journal = openTest(addressOf(brokers.split(",")), topic, { leaseMs });
const shard = makeShard(SIZES);
const events = makeEvents(EVENTS_PER_COMMAND_MAX);
const ring = makeRing(SLOTS, COMMAND_BYTES);
const producer = openProducer(ring);
const commands = makeCommands(SLOTS, ring.memory, ring.recordsAt);
let orders = 0;

function submit(fill: (fields: ReturnType<typeof fieldsAt>) => void): void {
  const index = producer.slot(0);
  clearCommand(commands, index);
  fill(fieldsAt(commands, index));
  producer.publish(1);
}

function apply(from: Commands, index: number): void {
  events.count = 0;
  shard.apply(from, index, events);
}

/** The newest orders it has followed, to be sent again by who takes over. */
const followed: Uint8Array[] = [];

function remember({ u8 }: Commands, index: number): void {
  const record = u8.slice(index * COMMAND_BYTES, (index + 1) * COMMAND_BYTES);
  if (record[CommandU8.type] !== CommandType.PLACE) return;
  followed.push(record);
  if (followed.length > ORDERS_AGAIN) followed.shift();
}

function sendAgain(): void {
  for (const record of followed.splice(0)) {
    commands.u8.set(record, producer.slot(0) * COMMAND_BYTES);
    producer.publish(1);
  }
}

/** null for one that came too late: it may have been executed, and is not executed now. */
function saidOf(id: string, sequence: number): string | null {
  for (let event = 0; event < events.count; event++) {
    if (events.u8[event * EVENT_BYTES + EventU8.type] !== EventType.ACCEPTED) continue;
    const isAgain = (events.u8[event * EVENT_BYTES + EventU8.flags]! & EventFlag.DUPLICATE) !== 0;
    if (!isAgain) return `acked ${id} ${sequence}.`;
    return `again ${id} ${events.f64[event * EVENT_F64 + EventF64.firstSequence]}.`;
  }
  return null;
}

/** Says which orders are durable and applied, when it is told to publish. */
function makeSayer(): Publisher {
  let lines: string[] = [];
  return {
    room: () => BATCH_COMMANDS_MAX * EVENTS_PER_COMMAND_MAX,
    waitForRoom: () => true,
    apply: (_, from, index) => {
      apply(from, index);
      const at = (index * COMMAND_I32 + CommandI32.clientOrderId) * 4;
      const id = Buffer.from(from.u8.subarray(at, at + 16))
        .toString("latin1")
        .replace(/\0+$/, "");
      if (id === "") return;
      const said = saidOf(id, from.f64[index * COMMAND_F64 + CommandF64.sequence]!);
      if (said !== null) lines.push(said);
    },
    publish: () => {
      if (lines.length > 0) say(lines.join("\n"));
      lines = [];
    },
  };
}

async function trade(taken: TakenOver): Promise<JournalPlace> {
  const { writer, place } = taken;
  say(`up ${place.term}`);
  if (shard.sequence() === 0 && producer.room() === SLOTS) for (const fill of MARKET) submit(fill);
  if (producer.room() === SLOTS) sendAgain(); // else what it took before would be among them
  const status = openStatus(makeStatusMemory());
  status.setState(ShardState.LIVE);
  const down = await runRemotePrimary({
    shard,
    journal: writer,
    lease: taken.lease,
    clock: makeClock(systemTime, shard.lastStampUs(), () => {}),
    status,
    commandRing: openConsumer(ring, 0),
    commands,
    publisher: makeSayer(),
    recoveredCommands: 0,
    monotonicMs,
    wait: async () => {
      for (let i = 0; i < ORDERS_EACH; i++) {
        const account = 1 + (++orders % 2);
        const side = account === 1 ? Side.BID : Side.ASK;
        // As every gateway does: a copy taken later than that must not be a new order.
        const deadlineUs = Date.now() * 1_000 + DEADLINE_DEFAULT_US;
        submit(placed({ id: `${name}-${orders}`, account, side, deadlineUs }));
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
    isStopAsked: () => false,
  });
  writer.close();
  say(`down ${down?.kind} ${down?.why}`);
  return writer.place();
}

let place = JOURNAL_START;
try {
  for (;;) {
    say("standing by");
    const taken = await standBy({
      journal,
      from: place,
      leaseMs,
      signal: forEver,
      monotonicMs,
      apply: ({ header, bytes }) => {
        const batch = makeCommands(
          BATCH_COMMANDS_MAX,
          bytes.buffer,
          bytes.byteOffset + HEADER_BYTES,
        );
        for (let i = 0; i < header.count; i++) {
          apply(batch, i);
          remember(batch, i);
        }
      },
    });
    if (taken === null) break;
    place = await trade(taken);
  }
} catch (error) {
  say(`ended ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
