/**
 * A core of one's own: one shard, no journal, no threads. It stamps and numbers the commands as a
 * shell would, by a clock that merely counts, so that the same lines give the same state anywhere.
 */
import {
  CommandF64,
  CommandFlag,
  CommandI32,
  CommandType,
  CommandU8,
  clearCommand,
  type Events,
  InstrumentState,
  makeCommands,
  makeEvents,
  makeShard,
  QUANTITY_MAX,
  type Shard,
  SHARD_OPTIONS_DEFAULT,
} from "../../engine/core/index.ts";
import { EVENTS_PER_COMMAND_MAX } from "../../engine/core/limits.ts";

/** Accounts cost little here and a stream may name very many. */
const OPTIONS = { ...SHARD_OPTIONS_DEFAULT, accountsMax: 1_048_576 };

/**
 * Microseconds between two commands. An id that does not rest is forgotten at the next command, as
 * its deadline is its own stamp; steps of this size let the core give its room back soon, too.
 */
const STEP_US = 100;

export const ACCOUNTS_MAX = OPTIONS.accountsMax;

export interface Place {
  readonly account: number;
  readonly instrument: number;
  readonly side: number;
  readonly orderType: number;
  readonly tif: number;
  readonly stp: number;
  readonly postOnly: boolean;
  /** 0 for a market order. */
  readonly px: number;
  readonly qty: number;
  /** Any number that is not 0: comes back in the order's events, in the first word of its id. */
  readonly mark: number;
}

/** Each call is one command; what came of it is in `events` until the next. */
export interface Core {
  readonly events: Events;
  readonly shard: Shard;
  setAccount(account: number): void;
  listInstrument(instrument: number): void;
  place(place: Place): void;
  cancel(account: number, orderId: number): void;
  reduce(account: number, orderId: number, by: number): void;
  amend(account: number, orderId: number, px: number, total: number): void;
}

export function makeCore(): Core {
  const shard = makeShard(OPTIONS);
  const commands = makeCommands(1);
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const { u8, i32, f64 } = commands;
  let sequence = 0;
  let stampUs = 0;

  function begin(type: number): void {
    clearCommand(commands, 0);
    u8[CommandU8.type] = type;
    f64[CommandF64.sequence] = ++sequence;
    stampUs += STEP_US;
    f64[CommandF64.stampUs] = stampUs;
  }

  function apply(): void {
    events.count = 0;
    shard.apply(commands, 0, events);
  }

  function aboutOrder(type: number, account: number, orderId: number): void {
    begin(type);
    i32[CommandI32.account] = account;
    f64[CommandF64.orderId] = orderId;
  }

  return {
    events,
    shard,
    setAccount(account) {
      begin(CommandType.SET_ACCOUNT);
      u8[CommandU8.flags] = CommandFlag.ALLOWED;
      i32[CommandI32.account] = account;
      apply();
    },
    listInstrument(instrument) {
      begin(CommandType.LIST_INSTRUMENT);
      i32[CommandI32.instrument] = instrument;
      i32[CommandI32.product] = instrument;
      i32[CommandI32.quantityMax] = QUANTITY_MAX;
      i32[CommandI32.tickMinor] = 1;
      i32[CommandI32.state] = InstrumentState.CONTINUOUS;
      apply();
    },
    place(place) {
      begin(CommandType.PLACE);
      u8[CommandU8.side] = place.side;
      u8[CommandU8.orderType] = place.orderType;
      u8[CommandU8.tif] = place.tif;
      u8[CommandU8.stp] = place.stp;
      u8[CommandU8.flags] = place.postOnly ? CommandFlag.POST_ONLY : 0;
      i32[CommandI32.account] = place.account;
      i32[CommandI32.instrument] = place.instrument;
      i32[CommandI32.priceTicks] = place.px;
      i32[CommandI32.quantity] = place.qty;
      i32[CommandI32.clientOrderId] = place.mark;
      i32[CommandI32.clientOrderId + 1] = sequence | 0; // so that no two ids are ever the same
      i32[CommandI32.clientOrderId + 3] = Math.floor(sequence / 2 ** 32);
      f64[CommandF64.deadlineUs] = stampUs;
      apply();
    },
    cancel(account, orderId) {
      aboutOrder(CommandType.CANCEL, account, orderId);
      apply();
    },
    reduce(account, orderId, by) {
      aboutOrder(CommandType.REDUCE, account, orderId);
      i32[CommandI32.quantity] = by;
      apply();
    },
    amend(account, orderId, px, total) {
      aboutOrder(CommandType.AMEND, account, orderId);
      i32[CommandI32.priceTicks] = px;
      i32[CommandI32.quantity] = total;
      apply();
    },
  };
}
