/**
 * Answers and pushes as bytes, made from their JSON: so both encodings say the same by construction.
 * The schema's descriptors are walked once, when a message is first written; `orders/quick.ts` writes
 * what is frequent without any of this.
 */
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { AnswerSchema } from "../../proto/gen/solebook/gateway/v1/answer_pb.ts";
import { FrameSchema } from "../../proto/gen/solebook/gateway/v1/frame_pb.ts";
import { PushSchema } from "../../proto/gen/solebook/gateway/v1/push_pb.ts";
import { ByteWriter, tagOf, Wire } from "./byte-writer.ts";
import { jsonNameOf, minorOf, unitOf, usOf, wordsOf } from "./words.ts";

type Json = Readonly<Record<string, unknown>>;
/** Writes a value without its tag. */
type Write = (to: ByteWriter, value: unknown) => void;

/** Fields by the name their value has in JSON. */
interface FieldForm {
  readonly name: string;
  readonly tag: number;
  readonly isList: boolean;
  /** Zero and false are not written: their absence says it. */
  readonly skipsZero: boolean;
  readonly write: Write;
}

const forms = new Map<string, readonly FieldForm[]>();

function formOf(desc: DescMessage): readonly FieldForm[] {
  const known = forms.get(desc.typeName);
  if (known !== undefined) return known;
  const form = desc.fields.map(fieldForm);
  forms.set(desc.typeName, form);
  return form;
}

function fieldForm(field: DescField): FieldForm {
  const skipsZero = field.presence === FeatureSet_FieldPresence.IMPLICIT;
  const write = writeOf(field);
  const isList = field.fieldKind === "list" || field.fieldKind === "map";
  const tag = tagOf(field.number, wireOf(field));
  return { name: jsonNameOf(field), tag, isList, skipsZero, write };
}

function wireOf(field: DescField): number {
  if (field.enum !== undefined) return Wire.VARINT;
  const isBytes = field.message !== undefined || field.scalar === ScalarType.STRING;
  return isBytes || field.fieldKind === "map" ? Wire.BYTES : Wire.VARINT;
}

function writeOf(field: DescField): Write {
  if (field.fieldKind === "map") return writeCounts;
  if (field.enum !== undefined) return writeWord(field.enum);
  if (field.message !== undefined) return writeMessage(field.message);
  if (field.scalar === ScalarType.STRING) return (to, value) => to.text(value as string);
  if (field.scalar === ScalarType.BOOL) return (to, value) => to.varint(value === true ? 1 : 0);
  const unit = unitOf(field);
  if (unit === "minor") return (to, value) => to.int64(minorOf(value as string));
  if (unit === "us") return (to, value) => to.int64(usOf(value as string));
  return (to, value) => to.int64(value as number);
}

/** A map of whole numbers by name: the only one there is. */
function writeCounts(to: ByteWriter, value: unknown): void {
  const [name, count] = value as readonly [string, number];
  const start = to.open();
  to.varint(tagOf(1, Wire.BYTES));
  to.text(name);
  to.varint(tagOf(2, Wire.VARINT));
  to.int64(count);
  to.close(start);
}

function writeWord(desc: DescEnum): Write {
  const numbers = new Map<unknown, number>(
    [...wordsOf(desc)].map(([number, word]) => [word, number]),
  );
  return (to, value) => to.varint(numbers.get(value) ?? 0);
}

function writeMessage(desc: DescMessage): Write {
  const isAnswer = desc.typeName === AnswerSchema.typeName;
  return (to, value) => {
    const start = to.open();
    if (isAnswer) writeAnswerFields(to, value as Json);
    else if (Array.isArray(value)) writeList(to, desc, value);
    else writeFields(to, formOf(desc), value as Json);
    to.close(start);
  };
}

/** A list in JSON: one field of many rows, or a tuple of its fields' values. */
function writeList(to: ByteWriter, desc: DescMessage, values: readonly unknown[]): void {
  const form = formOf(desc);
  const isRows = form.length === 1 && form[0]!.isList;
  if (isRows) return writeField(to, form[0]!, values);
  form.forEach((field, at) => writeField(to, field, values[at]));
}

function writeFields(to: ByteWriter, form: readonly FieldForm[], value: Json): void {
  for (const field of form) writeField(to, field, value[field.name]);
}

function writeField(to: ByteWriter, field: FieldForm, value: unknown): void {
  if (value === undefined || value === null) return;
  if (!field.isList) return writeOne(to, field, value);
  const rows = Array.isArray(value) ? (value as readonly unknown[]) : Object.entries(value);
  for (const each of rows) writeOne(to, field, each);
}

function writeOne(to: ByteWriter, field: FieldForm, value: unknown): void {
  if (field.skipsZero && (value === 0 || value === false)) return;
  to.varint(field.tag);
  field.write(to, value);
}

function fieldOf(desc: DescMessage, name: string): FieldForm {
  return formOf(desc).find((field) => field.name === name)!;
}

/** What an answer says besides its outcome. */
const ANSWER_OWN = ["method", "time_in", "time_out", "limits", "ignored"].map((name) =>
  fieldOf(AnswerSchema, name),
);
const REQ_NUMBER = fieldOf(AnswerSchema, "req_number");
const REQ_TEXT = fieldOf(AnswerSchema, "req_text");
const REFUSED = fieldOf(AnswerSchema, "error");

function writeAnswerFields(to: ByteWriter, answer: Json): void {
  const { req_id: id, method, success, result, error } = answer;
  if (typeof id === "number") writeOne(to, REQ_NUMBER, id);
  else if (typeof id === "string") writeOne(to, REQ_TEXT, id);
  const name = (method as string).replace(".", "_");
  if (success === true) writeOne(to, fieldOf(AnswerSchema, name), result);
  else writeOne(to, REFUSED, error);
  writeFields(to, ANSWER_OWN, answer);
}

const PUSH_OWN = formOf(PushSchema).filter(({ name }) =>
  PushSchema.fields.some((field) => jsonNameOf(field) === name && field.oneof === undefined),
);

function writePushFields(to: ByteWriter, push: Json): void {
  writeFields(to, PUSH_OWN, push);
  writeOne(to, fieldOf(PushSchema, dataFieldOf(push)), push.data);
}

/** Most channels have a field of their name; three say two kinds of things. */
function dataFieldOf({ channel, data }: Json): string {
  const isList = Array.isArray(data);
  if (channel === "book@100ms") return "book";
  if (channel === "level3") return isList ? "level3_events" : "level3_book";
  if (channel === "executions") return isList ? "orders" : "report";
  return channel as string;
}

const FRAME_TAGS = {
  answers: fieldOf(FrameSchema, "answers").tag,
  pushes: fieldOf(FrameSchema, "pushes").tag,
};
export const ANSWERS_TAG = FRAME_TAGS.answers;

const scratch = new ByteWriter();
/** A push is written once and read by many, one after the other. */
let lastText = "";
let lastBytes = new Uint8Array(0);

/** One answer or push in its JSON form as the bytes of a frame's field. */
export function writeText(to: ByteWriter, text: string): void {
  if (text === lastText) return to.raw(lastBytes);
  const message = JSON.parse(text) as Json;
  if (message.channel === undefined)
    return writeIn(to, FRAME_TAGS.answers, writeAnswerFields, message);
  scratch.at = 0;
  writeIn(scratch, FRAME_TAGS.pushes, writePushFields, message);
  lastText = text;
  lastBytes = scratch.bytes.slice(0, scratch.at);
  to.raw(lastBytes);
}

function writeIn(
  to: ByteWriter,
  tag: number,
  write: (to: ByteWriter, message: Json) => void,
  message: Json,
): void {
  to.varint(tag);
  const start = to.open();
  write(to, message);
  to.close(start);
}
