/**
 * Drives a shard through its client as a gateway would: submits commands and waits for the event that
 * answers each, keeping what it heard. For tests of the shell.
 */
import { crc32 } from "node:zlib";
import {
  COMMAND_F64,
  CommandF64,
  EVENT_BYTES,
  EventF64,
  EventFlag,
  EventU8,
  openRingClient,
  type RingClient,
} from "../../client/index.ts";
import { makeEvents, type Events } from "../../core/event.ts";
import { type RecoveryReport, type ShardConfig, type ShardHandle, startShard } from "../main.ts";
import { fieldsAt, type Fill, MARKET, placed, type PlaceOrder } from "./orders.ts";

export interface Heard {
  readonly type: number;
  readonly reason: number;
  readonly sequence: number;
  readonly orderId: number;
  /** Of the command that it answers, or of the first copy of it. */
  readonly firstSequence: number;
}

export interface Driver {
  readonly handle: ShardHandle;
  readonly client: RingClient;
  readonly report: RecoveryReport;
  /** Events heard since the start, replayed ones included. */
  eventCount(): number;
  /** Checksum over every byte of them. */
  eventsCrc(): number;
  /** Submits what `fill` writes and resolves with the answer, or null when the shard stopped first. */
  ask(fill: Fill): Promise<Heard | null>;
  place(order: PlaceOrder): Promise<Heard | null>;
  stop(): Promise<void>;
}

export const quietLog = { info: () => {}, warn: () => {}, error: () => {} };

/** Starts a shard on `directory` and waits until it is live. Rejects when it does not start. */
export async function startDriver(
  directory: string,
  config: Partial<ShardConfig> = {},
): Promise<Driver> {
  const handle = startShard({ shard: 0, directory, log: quietLog, ...config });
  const client = openRingClient(handle);
  const waiting = new Map<number, (heard: Heard | null) => void>();
  const copy: Events = makeEvents(1);
  let heardCount = 0;
  let heardCrc = 0;
  let next = 1;
  const live = new Promise<void>((resolve) => {
    client.listen({
      onEvent: (events, index) => {
        heardCount++;
        copy.u8.set(events.u8.subarray(index * EVENT_BYTES, (index + 1) * EVENT_BYTES));
        heardCrc = crc32(copy.u8, heardCrc);
        const correlation = copy.f64[EventF64.correlation]!;
        const answer = waiting.get(correlation);
        if (answer === undefined) return;
        waiting.delete(correlation);
        answer(readHeard(copy));
      },
      onBatchEnd: () => {},
      onReady: resolve,
      onStopped: () => {
        for (const answer of waiting.values()) answer(null);
        waiting.clear();
      },
    });
  });
  const report = await handle.ready;
  await live;

  function ask(fill: Fill): Promise<Heard | null> {
    return new Promise((resolve, reject) => {
      const index = client.reserve();
      if (index < 0) return reject(new Error(`refused: ${client.refusal()}`));
      fill(fieldsAt(client.commands, index));
      const correlation = next++;
      client.commands.f64[index * COMMAND_F64 + CommandF64.correlation] = correlation;
      waiting.set(correlation, resolve);
      client.commit();
      queueMicrotask(() => client.flush());
    });
  }

  return {
    handle,
    client,
    report,
    eventCount: () => heardCount,
    eventsCrc: () => heardCrc,
    ask,
    place: (order) => ask(placed(order)),
    stop: () => handle.stop(),
  };
}

function readHeard(events: Events): Heard {
  const sequence = events.f64[EventF64.sequence]!;
  const isAgain = (events.u8[EventU8.flags]! & EventFlag.DUPLICATE) !== 0;
  return {
    type: events.u8[EventU8.type]!,
    reason: events.u8[EventU8.reason]!,
    sequence,
    firstSequence: isAgain ? events.f64[EventF64.firstSequence]! : sequence,
    orderId: events.f64[EventF64.orderId]!,
  };
}

/** Two accounts that may trade and one instrument. */
export async function openMarket(driver: Driver): Promise<void> {
  for (const fill of MARKET) await driver.ask(fill);
}
