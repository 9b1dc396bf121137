/**
 * Feeds a stream of commands to a shard that runs in a thread of its own, and reads what it decides, as
 * fast as it goes: the other end of the rings, without a gateway.
 */
import * as core from "../../engine/core/index.ts";
import { openConsumer, openProducer } from "../../engine/ring/ring.ts";
import type { ShardEnds } from "../../engine/ring/ends.ts";
import { makeTrades, type Trades } from "../core/trades.ts";

const { deadlineUs: C_DEADLINE, expiresAtUs: C_EXPIRES } = core.CommandF64;
const E = core.EventI32;
const D = core.EventF64;
const PLACE = core.CommandType.PLACE;
const TRADE = core.EventType.TRADE;
const REJECTED = core.EventType.REJECTED;
const DEADLINE_US = 10_000_000; // a busy machine is no reason to refuse
const MONTH_US = 30 * 86_400_000_000;
/** For each command that is on its way: faster than any shard. */
const NAP_MS = 0.00005;
const NOBODY = new Int32Array(new SharedArrayBuffer(4));
/** Records moved at a time, so that both ends of the ring are at work. */
const CHUNK = 1_024;

export interface Feed {
  /** Feeds the commands of these indexes, at most `inFlight` unanswered, and waits for all answers. */
  run(from: number, to: number, inFlight: number): void;
  /** Reads what is there; how many events. */
  hear(): number;
  readonly trades: Trades;
}

export function openFeed(shard: ShardEnds, commands: core.Commands): Feed {
  const { commandRing, eventRing } = shard;
  const producer = openProducer(commandRing);
  const consumer = openConsumer(eventRing, 0);
  const ring = core.makeCommands(commandRing.slots, commandRing.memory, commandRing.recordsAt);
  const events = core.makeEvents(eventRing.slots, eventRing.memory, eventRing.recordsAt);
  const trades = makeTrades();
  let answered = 0;

  /** Copies `count` records to where they are free; times in them are from now on. */
  function send(from: number, count: number): void {
    const bytes = core.COMMAND_BYTES;
    const deadlineUs = Date.now() * 1_000 + DEADLINE_US;
    let sent = 0;
    while (sent < count) {
      const slot = producer.slot(sent);
      const some = Math.min(count - sent, commandRing.slots - slot);
      const at = (from + sent) * bytes;
      ring.u8.set(commands.u8.subarray(at, at + some * bytes), slot * bytes);
      for (let n = slot; n < slot + some; n++) {
        if (ring.u8[n * bytes + core.CommandU8.type] !== PLACE) continue;
        const at = n * core.COMMAND_F64;
        ring.f64[at + C_DEADLINE] = deadlineUs;
        if (ring.f64[at + C_EXPIRES] !== 0) ring.f64[at + C_EXPIRES] = deadlineUs + MONTH_US;
      }
      sent += some;
    }
    producer.publish(count);
    producer.wake();
  }

  function hear(): number {
    const count = Math.min(consumer.available(), 4 * CHUNK);
    const { u8, i32, f64 } = events;
    for (let n = 0; n < count; n++) {
      const slot = consumer.slot(n);
      const type = u8[slot * core.EVENT_BYTES + core.EventU8.type];
      if ((u8[slot * core.EVENT_BYTES + core.EventU8.flags]! & core.EventFlag.LAST) !== 0) {
        answered++;
      }
      if (type === REJECTED) {
        throw new Error(`refused: ${u8[slot * core.EVENT_BYTES + core.EventU8.reason]}`);
      }
      if (type !== TRADE) continue;
      const at = slot * core.EVENT_I32;
      const at64 = slot * core.EVENT_F64;
      const maker = f64[at64 + D.orderId]!;
      const taker = f64[at64 + D.takerOrderId]!;
      trades.add(maker, taker, i32[at + E.priceTicks]!, i32[at + E.quantity]!);
    }
    if (count > 0) consumer.advance(count);
    return count;
  }

  function run(from: number, to: number, inFlight: number): void {
    answered = 0;
    const count = to - from;
    let sent = 0;
    while (answered < count) {
      const free = Math.min(count - sent, inFlight - (sent - answered), producer.room(), CHUNK);
      if (free > 0) {
        send(from + sent, free);
        sent += free;
      }
      // Its processor is another thread's meanwhile: spinning would cost the journal's a core.
      if (hear() === 0 && free <= 0) Atomics.wait(NOBODY, 0, 0, (sent - answered) * NAP_MS);
    }
  }

  return { run, hear, trades };
}
