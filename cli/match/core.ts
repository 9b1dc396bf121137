/**
 * A core of one's own: one shard, no journal, no threads. It stamps and numbers the commands as a
 * shell would, by a clock that merely counts, so that the same lines give the same state anywhere.
 */
import {
  COMMAND_BYTES,
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

/** Commands that a core which begins anew keeps, so that another one can be made of them. */
export const KEPT_MAX = 4_096;

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
  /** Commands since it was made or began anew. */
  commands(): number;
  /**
   * From here on it stands for an empty core, if its caller has cancelled all that rests and names
   * accounts and instruments anew: to make one costs as much as thousands of commands.
   */
  beginAnew(): void;
  /** Whether it holds nothing from before it began anew. */
  isWhole(): boolean;
  /** A whole core, and what came since this one began anew, KEPT_MAX commands at most. */
  madeWhole(): { core: Core; ordersBefore: number; sequencesBefore: number };
  /** A command's record of another core that had given out so many order ids before. */
  again(record: Uint8Array, ordersOfOther: number): void;
}

export function makeCore(): Core {
  const shard = makeShard(OPTIONS);
  const commands = makeCommands(1);
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const { u8, i32, f64 } = commands;
  let sequence = 0;
  let stampUs = 0;
  let sequencesBefore = 0; // it began anew
  let ordersBefore = 0;
  let kept: Uint8Array | null = null;

  function number(): void {
    f64[CommandF64.sequence] = ++sequence;
    stampUs += STEP_US;
    f64[CommandF64.stampUs] = stampUs;
  }

  function begin(type: number): void {
    clearCommand(commands, 0);
    u8[CommandU8.type] = type;
    number();
  }

  /** What makes a place's id unlike any other, and forgotten at the next command. */
  function nameOnce(): void {
    i32[CommandI32.clientOrderId + 1] = sequence | 0;
    i32[CommandI32.clientOrderId + 3] = Math.floor(sequence / 2 ** 32);
    f64[CommandF64.deadlineUs] = stampUs;
  }

  function apply(): void {
    const at = (sequence - sequencesBefore - 1) * COMMAND_BYTES;
    if (kept !== null && at < kept.length) kept.set(u8, at);
    events.count = 0;
    shard.apply(commands, 0, events);
  }

  /** A command of another core, which had given out so many order ids before. */
  function again(record: Uint8Array, ordersOfOther: number): void {
    u8.set(record);
    number();
    const type = u8[CommandU8.type]!;
    if (type === CommandType.PLACE) nameOnce();
    else if (f64[CommandF64.orderId] !== 0) {
      f64[CommandF64.orderId] = f64[CommandF64.orderId]! - ordersOfOther;
    }
    apply();
  }

  function madeWhole(): ReturnType<Core["madeWhole"]> {
    const core = makeCore();
    const end = (sequence - sequencesBefore) * COMMAND_BYTES;
    for (let at = 0; at < end; at += COMMAND_BYTES) {
      core.again(kept!.subarray(at, at + COMMAND_BYTES), ordersBefore);
    }
    return { core, ordersBefore, sequencesBefore };
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
      nameOnce();
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
    commands: () => sequence - sequencesBefore,
    beginAnew() {
      kept ??= new Uint8Array(KEPT_MAX * COMMAND_BYTES);
      sequencesBefore = sequence;
      ordersBefore = shard.ordersTotal();
    },
    isWhole: () => sequencesBefore === 0,
    madeWhole,
    again,
  };
}
