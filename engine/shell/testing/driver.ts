/**
 * Drives a shard through its client as a gateway would: submits commands and waits for the event that
 * answers each, keeping what it heard. For tests of the shell.
 */
import {
  CommandF64,
  CommandFlag,
  CommandI32,
  CommandType,
  CommandU8,
  COMMAND_F64,
  COMMAND_I32,
  COMMAND_BYTES,
  EVENT_F64,
  EVENT_BYTES,
  EventF64,
  EventU8,
  encodeClientOrderId,
  InstrumentState,
  openRingClient,
  OrderType,
  type ShardClient,
  TimeInForce,
} from "../../client/index.ts";
import { makeEvents, type Events } from "../../core/event.ts";
import { type RecoveryReport, type ShardConfig, type ShardHandle, startShard } from "../main.ts";

export interface Heard {
  readonly type: number;
  readonly reason: number;
  readonly sequence: number;
  readonly orderId: number;
}

export interface Driver {
  readonly handle: ShardHandle;
  readonly client: ShardClient;
  readonly report: RecoveryReport;
  /** Events heard since the start, replayed ones included. */
  eventCount(): number;
  /** Submits what `fill` writes and resolves with the answer, or null when the shard stopped first. */
  ask(fill: (fields: Fields) => void): Promise<Heard | null>;
  place(order: PlaceOrder): Promise<Heard | null>;
  stop(): Promise<void>;
}

export interface Fields {
  u8(at: number, value: number): void;
  i32(at: number, value: number): void;
  f64(at: number, value: number): void;
  id(text: string): void;
}

export interface PlaceOrder {
  readonly id: string;
  readonly account?: number;
  readonly side: number;
  readonly priceTicks: number;
  readonly quantity?: number;
  readonly expiresAtUs?: number;
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
  let next = 1;
  const live = new Promise<void>((resolve) => {
    client.listen({
      onEvent: (events, index) => {
        heardCount++;
        copy.u8.set(events.u8.subarray(index * EVENT_BYTES, (index + 1) * EVENT_BYTES));
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

  function ask(fill: (fields: Fields) => void): Promise<Heard | null> {
    return new Promise((resolve, reject) => {
      const index = client.reserve();
      if (index < 0) return reject(new Error(`refused: ${client.refusal()}`));
      fill(fieldsAt(client, index));
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
    ask,
    place: (order) => ask((fields) => fillPlace(fields, order)),
    stop: () => handle.stop(),
  };
}

function readHeard(events: Events): Heard {
  return {
    type: events.u8[EventU8.type]!,
    reason: events.u8[EventU8.reason]!,
    sequence: events.f64[EventF64.sequence]!,
    orderId: events.f64[EventF64.orderId % EVENT_F64]!,
  };
}

function fieldsAt(client: ShardClient, index: number): Fields {
  const { u8, i32, f64 } = client.commands;
  return {
    u8: (at, value) => void (u8[index * COMMAND_BYTES + at] = value),
    i32: (at, value) => void (i32[index * COMMAND_I32 + at] = value),
    f64: (at, value) => void (f64[index * COMMAND_F64 + at] = value),
    id: (text) => {
      const at = index * COMMAND_I32 + CommandI32.clientOrderId;
      if (!encodeClientOrderId(text, i32, at)) throw new Error(`no client order id: ${text}`);
    },
  };
}

export function fillPlace(fields: Fields, order: PlaceOrder): void {
  fields.u8(CommandU8.type, CommandType.PLACE);
  fields.u8(CommandU8.side, order.side);
  fields.u8(CommandU8.orderType, OrderType.LIMIT);
  fields.u8(CommandU8.tif, order.expiresAtUs === undefined ? TimeInForce.GTC : TimeInForce.GTD);
  fields.i32(CommandI32.account, order.account ?? 1);
  fields.i32(CommandI32.instrument, 1);
  fields.i32(CommandI32.priceTicks, order.priceTicks);
  fields.i32(CommandI32.quantity, order.quantity ?? 1);
  fields.f64(CommandF64.expiresAtUs, order.expiresAtUs ?? 0);
  fields.id(order.id);
}

/** Two accounts that may trade and one instrument. */
export async function openMarket(driver: Driver): Promise<void> {
  for (const account of [1, 2]) {
    await driver.ask((fields) => {
      fields.u8(CommandU8.type, CommandType.SET_ACCOUNT);
      fields.u8(CommandU8.flags, CommandFlag.ALLOWED);
      fields.i32(CommandI32.account, account);
    });
  }
  await driver.ask((fields) => {
    fields.u8(CommandU8.type, CommandType.LIST_INSTRUMENT);
    fields.i32(CommandI32.instrument, 1);
    fields.i32(CommandI32.tickMinor, 100);
    fields.i32(CommandI32.state, InstrumentState.CONTINUOUS);
  });
}
