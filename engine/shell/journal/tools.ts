/**
 * Looks at a journal without starting it: `verifyJournal` reads all of it, `inspectJournal` shows the
 * commands of some sequences in words. Both only read, take no lock, and work while an owner runs.
 */
import {
  CommandType,
  InstrumentState,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../../core/codes.ts";
import { decodeClientOrderId } from "../../core/client-order-id.ts";
import {
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandI32,
  type Commands,
  CommandU8,
} from "../../core/command.ts";
import { ShellError, ShellErrorCode } from "../errors.ts";
import { type FileOps, nodeFiles } from "./file-ops.ts";
import { commandsIn } from "./frame.ts";
import type { JournalFrame } from "./journal.ts";
import { beginningOf, type JournalEnd, readJournal } from "./read.ts";
import { findSegments, type FoundSegments, placeOf, segmentName } from "./segments.ts";

export interface JournalReport {
  readonly directory: string;
  readonly journalId: string | null;
  readonly shard: number | null;
  readonly segments: number;
  readonly segmentBytes: number;
  /** Of these, those in the archive alone. */
  readonly archived: number;
  readonly frames: number;
  readonly commands: number;
  /** 1 but where the journal's beginning was deleted, or is in an archive that is away. */
  readonly firstSequence: number;
  /** 0 when there is no command. */
  readonly lastSequence: number;
  readonly lastStampUs: number;
  /** Bytes up to where the next frame goes. */
  readonly position: number;
  /** In words, when the last frame is torn (a start would cut it) or just being written, or a segment lost its end, or the last one is full. */
  readonly unfinished: string | null;
}

/** Checks every frame, checksum and link of the chain. Throws ShellError as a start would. */
export function verifyJournal(directory: string, files: FileOps = nodeFiles): JournalReport {
  const { first, archived } = requireJournal(files, directory);
  let shard: number | null = null;
  let commands = 0;
  let lastStampUs = 0;
  const beginning = beginningOf(files, directory);
  const frames = readJournal(files, directory, null, beginning);
  const end = drive(frames, ({ header, bytes }) => {
    shard = header.shard;
    commands += header.count;
    if (header.count === 0) return;
    const last = commandsIn(bytes);
    lastStampUs = last.f64[(header.count - 1) * COMMAND_F64 + CommandF64.stampUs]!;
  });
  const { segmentBytes } = end;
  return {
    directory,
    journalId: end.journalId === null ? null : end.journalId.toString("hex"),
    shard,
    segments: end.segments - first,
    segmentBytes,
    archived,
    frames: end.frames,
    commands,
    firstSequence: beginning.nextSequence,
    lastSequence: end.nextSequence - 1,
    lastStampUs,
    position: end.position,
    unfinished: unfinishedOf(end),
  };
}

function unfinishedOf({ torn, short, segmentBytes, ...end }: JournalEnd): string | null {
  if (short !== null) {
    const missing = segmentBytes - short.bytes;
    return `${segmentName(short.number)} has lost its last ${missing} bytes`;
  }
  if (torn === null && end.isLastFull) {
    return `${segmentName(end.segments - 1)} is full and no segment follows it`;
  }
  return torn === null ? null : `${placeOf(torn.from, segmentBytes)} is not whole: ${torn.why}`;
}

/** A command in words: `sequence`, `stampUs` and `type`, and the fields that its type reads. */
export interface InspectedCommand {
  readonly sequence: number;
  readonly stampUs: number;
  readonly type: string;
  readonly [field: string]: string | number;
}

/**
 * The commands of sequences `from` to `to`, both included, and the `place` where the frame of each
 * begins. Throws ShellError as a start would.
 */
export function* inspectJournal(
  directory: string,
  range: { readonly from?: number; readonly to?: number } = {},
  files: FileOps = nodeFiles,
): Generator<InspectedCommand, void> {
  const { from = 1, to = Infinity } = range;
  const { segmentBytes } = requireJournal(files, directory);
  const beginning = beginningOf(files, directory);
  for (const { header, bytes } of readJournal(files, directory, null, beginning)) {
    if (header.firstSequence > to) return;
    if (header.firstSequence + header.count <= from) continue;
    const commands = commandsIn(bytes);
    const place = placeOf(header.position, segmentBytes);
    for (let i = 0; i < header.count; i++) {
      const sequence = header.firstSequence + i;
      if (sequence >= from && sequence <= to) yield { ...inspectCommand(commands, i), place };
    }
  }
}

/** Throws ShellError where no journal is. */
export function requireJournal(files: FileOps, directory: string): FoundSegments {
  let why = "";
  try {
    const found = findSegments(files, directory);
    if (found.segments > 0) return found;
  } catch (error) {
    if (error instanceof ShellError) throw error;
    why = ` (${error instanceof Error ? error.message : String(error)})`;
  }
  throw new ShellError(
    ShellErrorCode.DIRECTORY_UNUSABLE,
    `there is no journal in ${directory}${why}. Name the exchange's directory with --data, and which of ` +
      "its shards with --shard.",
  );
}

function drive(
  frames: Generator<JournalFrame, JournalEnd>,
  each: (frame: JournalFrame) => void,
): JournalEnd {
  for (;;) {
    const next = frames.next();
    if (next.done === true) return next.value;
    each(next.value);
  }
}

type Codes = Readonly<Record<string, number>>;
type Field =
  | { readonly kind: "word"; readonly at: number }
  | { readonly kind: "double"; readonly at: number }
  | { readonly kind: "byte"; readonly at: number }
  | { readonly kind: "code"; readonly at: number; readonly codes: Codes }
  | { readonly kind: "wordCode"; readonly at: number; readonly codes: Codes }
  | { readonly kind: "id" }
  | { readonly kind: "hash" };

const word = (at: number): Field => ({ kind: "word", at });
const double = (at: number): Field => ({ kind: "double", at });
const byte = (at: number): Field => ({ kind: "byte", at });
const code = (at: number, codes: Codes): Field => ({ kind: "code", at, codes });

const ACCOUNT = { account: word(CommandI32.account) };
const INSTRUMENT = { instrument: word(CommandI32.instrument) };
const ID: { readonly clientOrderId: Field } = { clientOrderId: { kind: "id" } };
const DEADLINE = { deadlineUs: double(CommandF64.deadlineUs) };
const NAMED = { ...ACCOUNT, orderId: double(CommandF64.orderId), ...ID, ...DEADLINE };
const TAG = { tag: word(CommandI32.tag) };
const STATE: Field = { kind: "wordCode", at: CommandI32.state, codes: InstrumentState };
const BAND = {
  bandLowTicks: word(CommandI32.bandLowTicks),
  bandHighTicks: word(CommandI32.bandHighTicks),
};

const PLACE = {
  ...ACCOUNT,
  ...INSTRUMENT,
  side: code(CommandU8.side, Side),
  orderType: code(CommandU8.orderType, OrderType),
  tif: code(CommandU8.tif, TimeInForce),
  stp: code(CommandU8.stp, SelfTradePrevention),
  flags: byte(CommandU8.flags),
  priceTicks: word(CommandI32.priceTicks),
  quantity: word(CommandI32.quantity),
  ...ID,
  ...DEADLINE,
  expiresAtUs: double(CommandF64.expiresAtUs),
  ...TAG,
};

/** By type, the fields it reads; the table in core/command.ts. */
const FIELDS: Readonly<Record<keyof typeof CommandType, Readonly<Record<string, Field>>>> = {
  NONE: {},
  PLACE,
  RESTORE: { ...PLACE, priority: double(CommandF64.priority) },
  CANCEL: NAMED,
  AMEND: {
    ...NAMED,
    priceTicks: word(CommandI32.priceTicks),
    quantity: word(CommandI32.quantity),
    expiresAtUs: double(CommandF64.expiresAtUs),
  },
  REDUCE: { ...NAMED, quantity: word(CommandI32.quantity) },
  CANCEL_ALL: { ...ACCOUNT, ...INSTRUMENT, side: code(CommandU8.side, Side), ...TAG, ...DEADLINE },
  ORDER_STATUS: { ...ACCOUNT, ...ID },
  CLOCK: {},
  LIST_INSTRUMENT: {
    ...INSTRUMENT,
    flags: byte(CommandU8.flags),
    product: word(CommandI32.product),
    tickMinor: word(CommandI32.tickMinor),
    quantityMax: word(CommandI32.quantityMax),
    ...BAND,
    state: STATE,
    referenceTicks: word(CommandI32.referenceTicks),
  },
  SET_INSTRUMENT_STATE: { ...INSTRUMENT, state: STATE },
  SET_BAND: { ...INSTRUMENT, ...BAND },
  SET_ACCOUNT: {
    ...ACCOUNT,
    flags: byte(CommandU8.flags),
    openOrdersMax: word(CommandI32.openOrdersMax),
    openBidValueMaxMinor: double(CommandF64.openBidValueMaxMinor),
  },
  CHECKPOINT: {
    ofSequence: double(CommandF64.orderId),
    hashVersion: word(CommandI32.hashVersion),
    hash: { kind: "hash" },
  },
  SET_BEHAVIOUR: { behaviour: word(CommandI32.behaviour) },
  UNCROSS: { ...INSTRUMENT, product: word(CommandI32.product) },
  ARM_TIMER: { ...ACCOUNT, ...TAG, expiresAtUs: double(CommandF64.expiresAtUs) },
};

/** The record at `index`. */
export function inspectCommand(commands: Commands, index: number): InspectedCommand {
  const type = nameOf(CommandType, commands.u8[index * COMMAND_BYTES + CommandU8.type]!);
  const fields = FIELDS[type as keyof typeof CommandType] ?? {};
  const shown: Record<string, string | number> = {};
  for (const [name, field] of Object.entries(fields)) shown[name] = show(commands, index, field);
  return {
    sequence: commands.f64[index * COMMAND_F64 + CommandF64.sequence]!,
    stampUs: commands.f64[index * COMMAND_F64 + CommandF64.stampUs]!,
    type,
    ...shown,
  };
}

function show({ u8, i32, f64 }: Commands, index: number, field: Field): string | number {
  const words = index * COMMAND_I32;
  if (field.kind === "id") return showId(i32, words + CommandI32.clientOrderId);
  if (field.kind === "hash") return hex(i32, words + CommandI32.hashHigh, 2);
  if (field.kind === "double") return f64[index * COMMAND_F64 + field.at]!;
  if (field.kind === "word") return i32[words + field.at]!;
  if (field.kind === "wordCode") return nameOf(field.codes, i32[words + field.at]!);
  const value = u8[index * COMMAND_BYTES + field.at]!;
  return field.kind === "byte" ? value : nameOf(field.codes, value);
}

/** The written form; in digits what has none, because anybody's bytes may have been journaled. */
function showId(i32: Int32Array, at: number): string {
  const isUuid = (i32[at + 2]! & 0x80) !== 0;
  const isText = i32[at + 3]! >>> 24 === 0;
  return isUuid || isText ? decodeClientOrderId(i32, at) : hex(i32, at, 4);
}

function hex(i32: Int32Array, at: number, words: number): string {
  let digits = "";
  for (let i = 0; i < words; i++) digits += (i32[at + i]! >>> 0).toString(16).padStart(8, "0");
  return digits;
}

/** The code's name, or the number in words when it has none: a command is shown as it was asked. */
function nameOf(codes: Codes, value: number): string {
  for (const [name, number] of Object.entries(codes)) if (number === value) return name;
  return `UNKNOWN(${value})`;
}
