/**
 * Requests out of a binary frame, in the form they have in JSON: from there on both encodings are
 * one. Unknown fields are passed over; bytes that break the format make their request malformed, and
 * those that break the frame, the frame: then nothing of it happens.
 */
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { RequestSchema } from "../../proto/gen/solebook/gateway/v1/request_pb.ts";
import { FrameSchema } from "../../proto/gen/solebook/gateway/v1/frame_pb.ts";
import { ByteReader } from "./byte-reader.ts";
import { tagOf, Wire } from "./byte-writer.ts";
import { jsonNameOf, textOfMinor, textOfUs, unitOf, wordsOf } from "./words.ts";

/** Requests of one frame. */
export const REQUESTS_MAX = 256;

/** As `JSON.parse` gives one. */
export interface BinaryRequest {
  readonly method: unknown;
  readonly req_id: unknown;
  readonly params: unknown;
}

type Read = (from: ByteReader) => unknown;
type Members = Record<string, unknown>;

interface FieldForm {
  readonly name: string;
  readonly wire: number;
  readonly kind: "one" | "list" | "map";
  readonly read: Read;
}

const REQUESTS_TAG = tagOf(
  FrameSchema.fields.find(({ name }) => name === "requests")!.number,
  Wire.BYTES,
);

/** Where the request begins that is all there is in this frame; -1: it is not so. */
export function soleRequest(bytes: Uint8Array): number {
  const { length } = bytes;
  if (length < 2 || bytes[0] !== REQUESTS_TAG) return -1;
  const first = bytes[1]!;
  if (first < 0x80) return first + 2 === length ? 2 : -1;
  const second = length > 2 ? bytes[2]! : 0x80;
  return second < 0x80 && (first & 0x7f) + second * 0x80 + 3 === length ? 3 : -1;
}

/** Where each request stands, as pairs of begin and end; null when these bytes are no frame. */
export function findRequests(bytes: Uint8Array): readonly number[] | null {
  const reader = new ByteReader(bytes);
  const places: number[] = [];
  while (reader.more) {
    const tag = reader.int64();
    if (tag === REQUESTS_TAG) {
      const end = reader.limit();
      places.push(reader.at, end);
      reader.at = end;
    } else if (tag < 8) reader.fail();
    else reader.skip(tag & 7);
  }
  const isTooMany = places.length > REQUESTS_MAX * 2;
  return reader.bad || isTooMany || places.length === 0 ? null : places;
}

/** One request; null when its bytes are none. */
export function readRequest(bytes: Uint8Array, at: number, end: number): BinaryRequest | null {
  const reader = new ByteReader(bytes, at, end);
  const members = readMembers(reader, formOf(RequestSchema));
  if (reader.bad) return null;
  const { req_number: number, req_text: text, ...rest } = members;
  return { ...methodOf(rest), req_id: number ?? text };
}

/** The oneof that holds the parameters, under the name that JSON has for it. */
function methodOf(members: Members): { readonly method: unknown; readonly params: unknown } {
  const name = Object.keys(members).at(-1);
  if (name === undefined) return { method: undefined, params: undefined };
  return { method: name.replace("session_", "session."), params: members[name] };
}

const forms = new Map<string, ReadonlyMap<number, FieldForm>>();

function formOf(desc: DescMessage): ReadonlyMap<number, FieldForm> {
  const known = forms.get(desc.typeName);
  if (known !== undefined) return known;
  const form = new Map(desc.fields.map((field) => [field.number, fieldForm(field)]));
  forms.set(desc.typeName, form);
  return form;
}

function fieldForm(field: DescField): FieldForm {
  const kind = field.fieldKind === "list" || field.fieldKind === "map" ? field.fieldKind : "one";
  return { name: jsonNameOf(field), wire: wireOf(field), kind, read: readOf(field) };
}

function wireOf(field: DescField): number {
  if (field.enum !== undefined) return Wire.VARINT;
  if (field.message !== undefined || field.fieldKind === "map") return Wire.BYTES;
  if (field.scalar === ScalarType.STRING) return Wire.BYTES;
  return field.scalar === ScalarType.DOUBLE ? Wire.FIXED64 : Wire.VARINT;
}

function readOf(field: DescField): Read {
  if (field.fieldKind === "map") return readCount;
  if (field.enum !== undefined) return readWord(field.enum);
  if (field.message !== undefined) return readMessage(field.message);
  if (field.scalar === ScalarType.STRING) return (from) => from.text();
  if (field.scalar === ScalarType.BOOL) return (from) => from.int64() !== 0;
  if (field.scalar === ScalarType.DOUBLE) return (from) => from.double();
  const unit = unitOf(field);
  if (unit === "minor") return (from) => textOfMinor(from.int64());
  if (unit === "us") return (from) => textOfUs(from.int64());
  return (from) => from.int64();
}

/** Zero says that nothing was said; a number this build does not know is no word. */
function readWord(desc: DescEnum): Read {
  const words = wordsOf(desc);
  return (from) => {
    const number = from.int64();
    return number === 0 ? undefined : (words.get(number) ?? `#${number}`);
  };
}

function readMessage(desc: DescMessage): Read {
  const isOperation = desc.name === "BatchOp";
  return (from) => {
    const { end } = from;
    from.end = from.limit();
    const members = readMembers(from, formOf(desc));
    from.end = end;
    if (from.bad) from.fail();
    return isOperation ? methodOf(members) : members;
  };
}

const COUNT_FORM: ReadonlyMap<number, FieldForm> = new Map([
  [1, { name: "key", wire: Wire.BYTES, kind: "one", read: (from) => from.text() }],
  [2, { name: "value", wire: Wire.VARINT, kind: "one", read: (from) => from.int64() }],
]);

/** One entry of the only kind of map there is. */
function readCount(from: ByteReader): readonly [string, number] {
  const { end } = from;
  from.end = from.limit();
  const { key = "", value = 0 } = readMembers(from, COUNT_FORM);
  from.end = end;
  if (from.bad) from.fail();
  return [key as string, value as number];
}

/** What is said twice counts as it was said last, and stands last. */
function readMembers(from: ByteReader, form: ReadonlyMap<number, FieldForm>): Members {
  const members: Members = {};
  while (from.more) {
    const tag = from.int64();
    const field = form.get(Math.floor(tag / 8));
    if (tag < 8) from.fail();
    else if (field === undefined) from.skip(tag & 7);
    else readField(from, field, tag & 7, members);
  }
  return members;
}

function readField(from: ByteReader, field: FieldForm, wire: number, members: Members): void {
  const { name, kind } = field;
  const isPacked = kind === "list" && wire === Wire.BYTES && field.wire === Wire.VARINT;
  if (wire !== field.wire && !isPacked) {
    from.fail();
    return;
  }
  if (kind === "one") {
    const value = field.read(from);
    delete members[name];
    if (value !== undefined) members[name] = value;
  } else if (kind === "map") addCount(members, field.read(from) as readonly [string, number]);
  else if (isPacked) readPacked(from, field, (members[name] ??= []) as unknown[]);
  else ((members[name] ??= []) as unknown[]).push(field.read(from));
}

/** In JSON one member is a number for all or an object of them. */
function addCount(members: Members, [key, value]: readonly [string, number]): void {
  const before = members.resume_from_seq;
  const counts = typeof before === "object" ? (before as Record<string, number>) : noCounts();
  counts[key] = value;
  members.resume_from_seq = counts;
}

/** Without a prototype: names come from outside. */
const noCounts = (): Record<string, number> => Object.create(null) as Record<string, number>;

function readPacked(from: ByteReader, field: FieldForm, values: unknown[]): void {
  const { end } = from;
  from.end = from.limit();
  while (from.more) values.push(field.read(from));
  from.end = end;
  if (from.bad) from.fail();
}
