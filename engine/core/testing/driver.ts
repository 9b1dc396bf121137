/**
 * A shard under test, driven one command at a time: sequences and stamps are made here, the events of
 * the last command lie in `events`, and every one has passed the auditor.
 */
import { CommandType } from "../codes.ts";
import { type Commands, clearCommand, makeCommands } from "../command.ts";
import { CommandF64, CommandI32, CommandU8 } from "../command.ts";
import { encodeClientOrderId } from "../client-order-id.ts";
import { type Events, makeEvents } from "../event.ts";
import { makeShard } from "../index.ts";
import { EVENTS_PER_COMMAND_MAX, type ShardOptions } from "../limits.ts";
import type { Shard } from "../shard-api.ts";
import { type Auditor, makeAuditor } from "./auditor.ts";

/** A Tuesday; stamps are as large as real ones, so that what does not survive them shows. */
export const DAY_START_US = 1_790_000_000_000_000;

export type BookKind = "fast" | "plain";
export const BOTH_BOOKS: readonly BookKind[] = ["fast", "plain"];

/** What a test says of a command; what it does not say is 0. */
export interface Words {
  readonly side?: number;
  readonly orderType?: number;
  readonly tif?: number;
  readonly stp?: number;
  readonly flags?: number;
  readonly compoundIndex?: number;
  readonly compoundCount?: number;
  readonly account?: number;
  readonly instrument?: number;
  readonly priceTicks?: number;
  readonly quantity?: number;
  readonly deadlineUs?: number;
  readonly expiresAtUs?: number;
  readonly orderId?: number;
  readonly clientOrderId?: string;
  readonly tag?: number;
  readonly priority?: number;
  readonly correlation?: number;
  readonly product?: number;
  readonly bandLowTicks?: number;
  readonly bandHighTicks?: number;
  readonly quantityMax?: number;
  readonly tickMinor?: number;
  readonly state?: number;
  readonly referenceTicks?: number;
  readonly openOrdersMax?: number;
  readonly openBidValueMaxMinor?: number;
  readonly hashVersion?: number;
  readonly hashHigh?: number;
  readonly hashLow?: number;
  readonly behaviour?: number;
}

const WORDS_I32: Readonly<Record<string, number>> = CommandI32;
const WORDS_F64: Readonly<Record<string, number>> = CommandF64;
const WORDS_U8: Readonly<Record<string, number>> = CommandU8;

/** Writes a zeroed record at `index` of `commands`. */
export function writeCommand(commands: Commands, index: number, type: number, words: Words): void {
  clearCommand(commands, index);
  const { clientOrderId, ...numbers } = words;
  for (const [name, value] of Object.entries(numbers)) {
    const i32 = WORDS_I32[name];
    const f64 = WORDS_F64[name];
    const u8 = WORDS_U8[name];
    if (i32 !== undefined) commands.i32[index * 24 + i32] = value;
    else if (f64 !== undefined) commands.f64[index * 12 + f64] = value;
    else if (u8 !== undefined) commands.u8[index * 96 + u8] = value;
    else throw new Error(`a command has no ${name}`);
  }
  commands.u8[index * 96] = type;
  if (clientOrderId === undefined || clientOrderId === "") return;
  const at = index * 24 + CommandI32.clientOrderId;
  if (!encodeClientOrderId(clientOrderId, commands.i32, at)) throw new Error(clientOrderId);
}

export interface Driver {
  readonly shard: Shard;
  readonly events: Events;
  readonly auditor: Auditor;
  /** The stamp of the commands that follow. */
  setStampUs(stampUs: number): void;
  stampUs(): number;
  apply(type: number, words?: Words): void;
}

export const SMALL: Partial<ShardOptions> = {
  accountsMax: 64,
  instrumentsMax: 64,
  ordersMax: 4_096,
  idsMax: 16_384,
};

export interface DriverOptions extends Partial<ShardOptions> {
  /** The rules of its first command on; not said: those of the first behaviour, as every shard. */
  readonly behaviour?: number;
}

export function makeDriver(book: BookKind, options: DriverOptions = {}): Driver {
  const { behaviour, ...sizes } = options;
  const shard = makeShard({ ...SMALL, ...sizes, book });
  const commands = makeCommands(1);
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const auditor = makeAuditor(shard);
  let stampUs = DAY_START_US;

  function apply(type: number, words: Words = {}): void {
    writeCommand(commands, 0, type, { correlation: shard.sequence() + 1_000, ...words });
    commands.f64[CommandF64.sequence] = shard.sequence() + 1;
    commands.f64[CommandF64.stampUs] = stampUs;
    events.count = 0;
    shard.apply(commands, 0, events);
    auditor.hear(commands, 0, events);
  }

  if (behaviour !== undefined) apply(CommandType.SET_BEHAVIOUR, { behaviour });

  return {
    shard,
    events,
    auditor,
    setStampUs: (us) => {
      stampUs = us;
    },
    stampUs: () => stampUs,
    apply,
  };
}
