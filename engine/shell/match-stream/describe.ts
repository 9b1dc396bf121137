/**
 * Events in words, for people and for JSON: the fields of the match stream's messages under their own
 * names, those inside another behind a dot. What is zero is left out.
 */
import { type DescField, type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { decodeClientOrderId } from "../../core/client-order-id.ts";
import type { Events } from "../../core/event.ts";
import {
  type Event,
  EventSchema,
  SubscribeResponseSchema,
} from "../../../proto/gen/solebook/match/v1/match_pb.ts";
import { EventTypeSchema } from "../../../proto/gen/solebook/order/v1/codes_pb.ts";
import { makeChunkWriter } from "./encode.ts";

export interface DescribedEvent {
  readonly sequence: number;
  /** Its place among its command's events, from 0. */
  readonly index: number;
  readonly type: string;
  readonly [field: string]: string | number | boolean;
}

export interface Describer {
  /** The events in `events`, which are those of whole commands. */
  describe(events: Events): readonly DescribedEvent[];
}

/** Begins with the command `firstSequence`. */
export function makeDescriber(firstSequence = 1): Describer {
  let described: DescribedEvent[] = [];
  const writer = makeChunkWriter(Buffer.alloc(16), 0, firstSequence, ({ message }) => {
    const response = fromBinary(SubscribeResponseSchema, message).message;
    if (response.case === "batch") described.push(...response.value.events.map(inWords));
  });
  return {
    describe: (events) => {
      described = [];
      writer.add(events, writer.next());
      writer.flush();
      return described;
    },
  };
}

/** Of every event alike; said apart or not at all. */
const COMMON = ["sequence", "index", "type", "last", "commandType"];

function inWords(event: Event): DescribedEvent {
  const fields: Record<string, string | number | boolean> = {};
  const choice = EventSchema.fields.find(({ localName }) => localName === event.event.case);
  const common = EventSchema.fields.filter(
    ({ localName, oneof }) => oneof === undefined && !COMMON.includes(localName),
  );
  for (const field of common) say(fields, field, valueOf(event, field), "");
  if (choice?.message !== undefined) sayAll(fields, choice.message, event.event.value, "");
  const type = EventTypeSchema.value[event.type]?.localName ?? `UNKNOWN(${event.type})`;
  return { sequence: Number(event.sequence), index: event.index, type, ...fields };
}

type Fields = Record<string, string | number | boolean>;

function sayAll(fields: Fields, schema: DescMessage, message: unknown, within: string): void {
  for (const field of schema.fields) say(fields, field, valueOf(message, field), within);
}

function valueOf(message: unknown, field: DescField): unknown {
  return (message as Readonly<Record<string, unknown>>)[field.localName];
}

function say(fields: Fields, field: DescField, value: unknown, within: string): void {
  const name = `${within}${field.localName}`;
  if (value === undefined || value === 0 || value === 0n || value === false) return;
  if (field.message !== undefined) return sayAll(fields, field.message, value, `${name}.`);
  if (field.enum !== undefined) {
    const code = Number(value);
    fields[name] = field.enum.value[code]?.localName ?? `UNKNOWN(${code})`;
  } else if (ArrayBuffer.isView(value)) {
    if (value.byteLength > 0) fields[name] = idText(value as Uint8Array);
  } else fields[name] = typeof value === "bigint" ? Number(value) : (value as number | boolean);
}

/** The written form; in digits what has none, because anybody's bytes may have been journaled. */
function idText(bytes: Uint8Array): string {
  const isUuid = (bytes[8]! & 0x80) !== 0;
  if (!isUuid && bytes[15] !== 0) return Buffer.from(bytes).toString("hex");
  const words = Int32Array.from([0, 4, 8, 12], (at) => Buffer.from(bytes).readInt32LE(at));
  return decodeClientOrderId(words, 0);
}
