/**
 * Event records to the bytes of the match stream's messages, by the table of `fields.ts`: straight
 * from one to the other, because making an object per event would cost more than matching does.
 * Every number comes out as the schema says; zeroes are left out, as proto3 wants.
 *
 * Lengths are written in as many bytes as their bound needs, before it is known what they are.
 */
import { type DescField, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { EventType } from "../../core/codes.ts";
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventFlag,
  type Events,
  EventU8,
} from "../../core/event.ts";
import { EVENTS_PER_COMMAND_MAX } from "../../core/limits.ts";
import {
  EventBatchSchema,
  EventSchema,
  SubscribeResponseSchema,
} from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import { BY_TYPE, COMMON, type Source } from "./fields.ts";

/** Messages are sent when they have grown to this; gRPC refuses more than 4 MiB by default. */
export const MESSAGE_BYTES = 64 * 1024;
/** Longest event: two parties, a level, and every number at its longest. */
const EVENT_BYTES_MAX = 512;
const SCRATCH_BYTES = MESSAGE_BYTES + (EVENTS_PER_COMMAND_MAX + 1) * EVENT_BYTES_MAX;
const HEAD_BYTES = 5; // the response's one field: a tag, and a length of four bytes

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const ID_WORDS = 4;

/** One message of the stream, encoded once for all its readers. */
export interface Chunk {
  readonly firstSequence: number;
  readonly nextSequence: number;
  /** A SubscribeResponse. */
  readonly message: Buffer;
}

export interface ChunkWriter {
  /** The first command that was not added yet. */
  next(): number;
  /**
   * Adds `events`, which are those of whole commands up to before `nextSequence`; what is older than
   * the writer's beginning is passed over. Tells chunks as they become full.
   */
  add(events: Events, nextSequence: number): void;
  /** Tells what was added since the last chunk, if anything was. */
  flush(): void;
}

/** Begins with the command `firstSequence`. */
export function makeChunkWriter(
  journalId: Buffer,
  shard: number,
  firstSequence: number,
  onChunk: (chunk: Chunk) => void,
): ChunkWriter {
  const out = makeWireWriter(SCRATCH_BYTES);
  const batch = fieldsOf(EventBatchSchema);
  const head = lengthTag(fieldsOf(SubscribeResponseSchema)["batch"]!);
  const eventTag = lengthTag(batch["events"]!);
  const encodeEvent = compileEvent(out);
  let first = firstSequence;
  let next = firstSequence;
  out.skip(HEAD_BYTES);

  function add(events: Events, nextSequence: number): void {
    let index = 0;
    for (let i = 0; i < events.count; i++) {
      const sequence = events.f64[i * EVENT_F64 + EventF64.sequence]!;
      if (sequence < next) continue;
      encodeEvent(eventTag, events, i, index++);
      if ((events.u8[i * EVENT_BYTES + EventU8.flags]! & EventFlag.LAST) === 0) continue;
      index = 0;
      next = sequence + 1;
      if (out.length() >= MESSAGE_BYTES) flush();
    }
    next = Math.max(next, nextSequence);
  }

  function flush(): void {
    if (next === first) return;
    out.number(varintTag(batch["firstSequence"]!), first);
    out.number(varintTag(batch["nextSequence"]!), next);
    out.word(varintTag(batch["shard"]!), shard);
    out.bytes(lengthTag(batch["journalId"]!), journalId);
    const message = out.take(head);
    const chunk = { firstSequence: first, nextSequence: next, message };
    first = next;
    out.skip(HEAD_BYTES);
    onChunk(chunk);
  }

  return { next: () => next, add, flush };
}

/** The part of a chunk that begins with the command `from`, which is inside of it. */
export function restOfChunk({ message, nextSequence }: Chunk, from: number): Chunk {
  const response = fromBinary(SubscribeResponseSchema, message);
  if (response.message.case !== "batch") throw new Error("a chunk is a batch");
  const batch = response.message.value;
  batch.firstSequence = BigInt(from);
  batch.events = batch.events.filter((event) => event.sequence >= batch.firstSequence);
  const rest = Buffer.from(toBinary(SubscribeResponseSchema, response));
  return { firstSequence: from, nextSequence, message: rest };
}

type DescFields = Readonly<Record<string, DescField>>;

function fieldsOf(schema: DescMessage): DescFields {
  return Object.fromEntries(schema.fields.map((field) => [field.localName, field]));
}

const varintTag = (field: DescField): number => (field.number << 3) | WIRE_VARINT;
const lengthTag = (field: DescField): number => (field.number << 3) | WIRE_BYTES;

/** What is done for one field, as words: kind, tag, where, and which program inside. */
const OP_WORDS = 4;
const Op = { BYTE: 0, WORD: 1, DOUBLE: 2, ID: 3, FLAG: 4, REASON_IF: 5, MESSAGE: 6 } as const;

type EncodeEvent = (tag: number, events: Events, record: number, index: number) => void;

/** Compiles the table, and refuses one that does not fit the schema. */
function compileEvent(out: WireWriter): EncodeEvent {
  const programs: Int32Array[] = [];
  const shared = fieldsOf(EventSchema);
  const common = program(programs, EventSchema, COMMON, ["index", ...choices()]);
  const indexTag = varintTag(shared["index"]!);
  const byType: { readonly tag: number; readonly program: number }[] = [];
  for (const [name, sources] of Object.entries(BY_TYPE)) {
    const field = shared[camel(name)];
    if (field?.message === undefined) throw new Error(`no message for the event ${name}`);
    const type = EventType[name as keyof typeof EventType];
    byType[type] = { tag: lengthTag(field), program: program(programs, field.message, sources) };
  }

  function run(which: number, events: Events, record: number): void {
    const { u8, i32, f64 } = events;
    const ops = programs[which]!;
    const bytesAt = record * EVENT_BYTES;
    for (let op = 0; op < ops.length; op += OP_WORDS) {
      const kind = ops[op]!;
      const tag = ops[op + 1]!;
      const at = ops[op + 2]!;
      if (kind === Op.WORD) out.word(tag, i32[record * EVENT_I32 + at]!);
      else if (kind === Op.DOUBLE) out.number(tag, f64[record * EVENT_F64 + at]!);
      else if (kind === Op.BYTE) out.word(tag, u8[bytesAt + at]!);
      else if (kind === Op.FLAG) out.word(tag, (u8[bytesAt + EventU8.flags]! & at) === 0 ? 0 : 1);
      else if (kind === Op.ID) out.id(tag, events, record * EVENT_I32 + at);
      else if (kind === Op.MESSAGE) {
        const started = out.open(tag);
        run(ops[op + 3]!, events, record);
        out.close(started);
      } else if (u8[bytesAt + EventU8.status] === at) {
        out.word(tag, u8[bytesAt + EventU8.reason]!);
      }
    }
  }

  return (tag, events, record, index) => {
    const started = out.open(tag);
    run(common, events, record);
    out.word(indexTag, index);
    // A type without a message is sent by its number alone: its reader can say so.
    const choice = byType[events.u8[record * EVENT_BYTES + EventU8.type]!];
    if (choice !== undefined) {
      const inside = out.open(choice.tag);
      run(choice.program, events, record);
      out.close(inside);
    }
    out.close(started);
  };
}

function choices(): string[] {
  return EventSchema.oneofs.flatMap((oneof) => oneof.fields.map((field) => field.localName));
}

function program(
  programs: Int32Array[],
  schema: DescMessage,
  sources: Readonly<Record<string, Source>>,
  elsewhere: readonly string[] = [],
): number {
  const named = [...Object.keys(sources), ...elsewhere].toSorted().join();
  const known = schema.fields.map((field) => field.localName);
  if (named !== known.toSorted().join()) {
    throw new Error(`${schema.typeName} has the fields ${known.join()}, the table ${named}`);
  }
  const fields = fieldsOf(schema);
  const ops = Object.entries(sources).flatMap(([name, source]) => {
    return operation(programs, fields[name]!, source);
  });
  return programs.push(Int32Array.from(ops)) - 1;
}

function operation(programs: Int32Array[], field: DescField, source: Source): number[] {
  if (source.kind === "message") {
    const { schema, sources } = source.fields;
    if (field.message !== schema) throw new Error(`${String(field)} is no ${schema.typeName}`);
    return [Op.MESSAGE, lengthTag(field), 0, program(programs, schema, sources)];
  }
  if (source.kind === "id") return [Op.ID, lengthTag(field), source.at, 0];
  if (source.kind === "flag") return [Op.FLAG, varintTag(field), source.bit, 0];
  if (source.kind === "reasonIf") return [Op.REASON_IF, varintTag(field), source.status, 0];
  const kinds = { byte: Op.BYTE, word: Op.WORD, double: Op.DOUBLE } as const;
  return [kinds[source.kind], varintTag(field), source.at, 0];
}

/** MASS_CANCEL_ACCEPTED to massCancelAccepted. */
function camel(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

interface WireWriter {
  length(): number;
  skip(bytes: number): void;
  /** An int32, an enumeration or a bool; nothing for zero. */
  word(tag: number, value: number): void;
  /** A uint64; nothing for zero, nor for what is none: a client's own numbers are echoed as they are. */
  number(tag: number, value: number): void;
  bytes(tag: number, value: Buffer): void;
  /** Sixteen bytes of a record; nothing when all are zero. */
  id(tag: number, events: Events, wordAt: number): void;
  /** Begins a message inside, at what `close` is given. */
  open(tag: number): number;
  close(started: number): void;
  /** All of it, with the message's own tag and length in the room that was skipped; and begins anew. */
  take(tag: number): Buffer;
}

function makeWireWriter(capacity: number): WireWriter {
  const buffer = Buffer.alloc(capacity);
  let at = 0;

  function varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      buffer[at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[at++] = rest;
  }

  /** As four bytes of seven bits, whatever it is. */
  function varint28(value: number): void {
    buffer[at] = (value & 127) | 128;
    buffer[at + 1] = ((value >>> 7) & 127) | 128;
    buffer[at + 2] = ((value >>> 14) & 127) | 128;
    buffer[at + 3] = (value >>> 21) & 127;
    at += 4;
  }

  function word(tag: number, value: number): void {
    if (value === 0) return;
    varint(tag);
    if (value > 0) return varint(value);
    // A negative int32 is written as the int64 it is: ten bytes, of which the last five say the sign.
    varint28(value);
    buffer[at - 1]! |= 128;
    buffer[at++] = ((value >> 28) & 127) | 128;
    for (let i = 0; i < 4; i++) buffer[at++] = 255;
    buffer[at++] = 1;
  }

  function number(tag: number, value: number): void {
    if (!(value > 0) || !Number.isSafeInteger(value)) return;
    varint(tag);
    if (value < 2 ** 31) return varint(value);
    const high = Math.floor(value / 2 ** 28);
    varint28(value - high * 2 ** 28);
    buffer[at - 1]! |= 128;
    varint(high);
  }

  function id(tag: number, { i32 }: Events, wordAt: number): void {
    const any = i32[wordAt]! | i32[wordAt + 1]! | i32[wordAt + 2]! | i32[wordAt + 3]!;
    if (any === 0) return;
    varint(tag);
    buffer[at++] = ID_WORDS * 4;
    for (let i = 0; i < ID_WORDS; i++) {
      const value = i32[wordAt + i]!;
      buffer[at] = value;
      buffer[at + 1] = value >>> 8;
      buffer[at + 2] = value >>> 16;
      buffer[at + 3] = value >>> 24;
      at += 4;
    }
  }

  function open(tag: number): number {
    varint(tag);
    at += 2;
    return at;
  }

  /** Two bytes whatever the length: what is inside was written before it was known. */
  function close(started: number): void {
    const length = at - started;
    buffer[started - 2] = (length & 127) | 128;
    buffer[started - 1] = length >>> 7;
  }

  return {
    length: () => at,
    skip: (bytes) => void (at += bytes),
    word,
    number,
    bytes: (tag, value) => {
      varint(tag);
      varint(value.length);
      at += value.copy(buffer, at);
    },
    id,
    open,
    close,
    take: (tag) => {
      const end = at;
      at = 0;
      varint(tag);
      varint28(end - HEAD_BYTES);
      at = 0;
      return Buffer.from(buffer.subarray(0, end));
    },
  };
}
