/**
 * The engine's core: one shard as a pure, deterministic state machine. This file is its whole public
 * face; nothing here needs the shell, a file or a clock, so anyone can drive it in a process of
 * their own:
 *
 * ```ts
 * import * as core from "./engine/core/index.ts";
 *
 * const shard = core.makeShard({ ordersMax: 1_000 });
 * const commands = core.makeCommands(1);
 * const events = core.makeEvents(core.EVENTS_PER_COMMAND_MAX);
 * const { CommandF64, CommandI32, CommandType, CommandU8 } = core;
 *
 * function apply(type: number, fill: () => void): void {
 *   core.clearCommand(commands, 0);
 *   commands.u8[CommandU8.type] = type;
 *   commands.f64[CommandF64.sequence] = shard.sequence() + 1;
 *   commands.f64[CommandF64.stampUs] = 1_800_000_000_000_000;
 *   fill();
 *   events.count = 0;
 *   shard.apply(commands, 0, events);
 * }
 *
 * apply(CommandType.LIST_INSTRUMENT, () => {
 *   commands.i32[CommandI32.instrument] = 1;
 *   commands.i32[CommandI32.tickMinor] = 100;
 *   commands.i32[CommandI32.state] = core.InstrumentState.CONTINUOUS;
 * });
 * apply(CommandType.SET_ACCOUNT, () => {
 *   commands.i32[CommandI32.account] = 7;
 *   commands.u8[CommandU8.flags] = core.CommandFlag.ALLOWED;
 * });
 * apply(CommandType.PLACE, () => {
 *   commands.i32[CommandI32.account] = 7;
 *   commands.i32[CommandI32.instrument] = 1;
 *   commands.u8[CommandU8.side] = core.Side.ASK;
 *   commands.u8[CommandU8.orderType] = core.OrderType.LIMIT;
 *   commands.u8[CommandU8.tif] = core.TimeInForce.GTC;
 *   commands.i32[CommandI32.priceTicks] = 241;
 *   commands.i32[CommandI32.quantity] = 2;
 *   core.encodeClientOrderId("first", commands.i32, CommandI32.clientOrderId);
 * });
 * // events: ACCEPTED, RESTED; shard.depth(1, core.Side.ASK, 1) is [{ priceTicks: 241, … }]
 * ```
 *
 * `bench/example.ts` runs, with this shard and with a bare book. It is fast where V8 was started with
 * COMPILER_FLAGS and has no guards on typed arrays: see `compiler.ts` and `bench/core/strip.ts`.
 */
import type { MakeBook } from "./book-api.ts";
import { makeBook as makeFastBook } from "./book.ts";
import { makePlainBook as makeReadableBook } from "./book-plain.ts";
import { SHARD_OPTIONS_DEFAULT, type ShardOptions } from "./limits.ts";
import { NO_REST } from "./rest.ts";
import { makeShardOver } from "./shard.ts";
import { loadState } from "./snapshot.ts";
import { makeState } from "./state.ts";
import type { Shard } from "./shard-api.ts";

export * from "./book-api.ts";
export { makeBook } from "./book.ts";
export { makePlainBook } from "./book-plain.ts";
export * from "./client-order-id.ts";
export * from "./codes.ts";
export * from "./command.ts";
export { COMPILER_FLAGS } from "./compiler.ts";
export * from "./event.ts";
export * from "./limits.ts";
export * from "./orders.ts";
export { NO_REST, type Rest } from "./rest.ts";
export type * from "./shard-api.ts";
export { SnapshotError } from "./assert.ts";
export { SNAPSHOT_FORMAT, SNAPSHOT_RECORD_BYTES } from "./snapshot.ts";

const BOOKS: Readonly<Record<"fast" | "plain", MakeBook>> = {
  fast: makeFastBook,
  plain: makeReadableBook,
};

/** A shard with empty tables; sizes not said are the defaults of `limits.ts`. */
export function makeShard(
  options: Partial<ShardOptions> & { readonly book?: "fast" | "plain" } = {},
): Shard {
  const { book = "fast", ...sizes } = options;
  return makeShardOver(makeState({ ...SHARD_OPTIONS_DEFAULT, ...sizes }, BOOKS[book]));
}

/**
 * A shard as it was when it was saved: the same hash, and from there on the same bytes. Its tables may
 * be of other sizes and its book the other one. Throws a SnapshotError that says why not. Calls `rest` now
 * and then, so that it can be done beside others.
 *
 * ```ts
 * const chunks: Uint8Array[] = [];
 * shard.save((bytes) => chunks.push(bytes.slice()));
 * const again = core.loadShard(chunks, { ordersMax: 2_000 });
 * // again.hash().text === shard.hash().text
 * ```
 */
export function loadShard(
  chunks: Iterable<Uint8Array>,
  options: Partial<ShardOptions> & { readonly book?: "fast" | "plain" } = {},
  rest = NO_REST,
): Shard {
  const { book = "fast", ...sizes } = options;
  const state = makeState({ ...SHARD_OPTIONS_DEFAULT, ...sizes }, BOOKS[book]);
  loadState(state, chunks, rest);
  return makeShardOver(state);
}
