/**
 * The words and records in which others speak to a shard: the core's layouts and numbers, handed on
 * so that nobody outside the engine imports the core itself. Never its state or its code.
 */
export * from "../core/client-order-id.ts";
export * from "../core/codes.ts";
export * from "../core/command.ts";
export * from "../core/event.ts";
export {
  BATCH_COMMANDS_MAX,
  BEHAVIOUR_NEWEST,
  COMPOUND_RECORDS_MAX,
  DEADLINE_AHEAD_MAX_US,
  DEADLINE_DEFAULT_US,
  PRICE_TICKS_MAX,
  QUANTITY_MAX,
  SHARD_OPTIONS_DEFAULT,
  type ShardOptions,
  TIMER_AHEAD_MAX_US,
} from "../core/limits.ts";
