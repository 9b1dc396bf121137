/**
 * The binary encoding from a client's side, by the generated code and none of ours: what is asked
 * becomes bytes, what comes back becomes the JSON it stands for.
 */
import {
  create,
  type DescEnum,
  type DescField,
  fromBinary,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import {
  reflect,
  type ReflectList,
  type ReflectMap,
  type ReflectMessage,
} from "@bufbuild/protobuf/reflect";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { AnswerSchema } from "../../proto/gen/solebook/gateway/v1/answer_pb.ts";
import { FrameSchema } from "../../proto/gen/solebook/gateway/v1/frame_pb.ts";
import { PushSchema } from "../../proto/gen/solebook/gateway/v1/push_pb.ts";
import { type Request, RequestSchema } from "../../proto/gen/solebook/gateway/v1/request_pb.ts";
import { Channel, Method } from "../../proto/gen/solebook/gateway/v1/words_pb.ts";
import { readMinor, readTime, writeMinor, writeTime } from "../written-forms.ts";

type Members = Record<string, unknown>;

export interface Asked {
  readonly method: string;
  readonly req_id?: number | string;
  readonly params?: object;
}

/** Requests in one Frame; throws when the schema cannot say one of them. */
export function encodeFrame(...asked: readonly Asked[]): Uint8Array {
  const requests = asked.map(({ method, req_id: id, params = {} }) => {
    const number = typeof id === "number" ? { req_number: id } : {};
    const text = typeof id === "string" ? { req_text: id } : {};
    const message = reflect(RequestSchema);
    fill(message, { ...number, ...text, [method.replace(".", "_")]: params });
    return message.message as Request;
  });
  return toBinary(FrameSchema, create(FrameSchema, { requests }));
}

/** Whether a request of these parameters can be said in bytes at all. */
export function isSayable(asked: Asked): boolean {
  try {
    encodeFrame(asked);
    return true;
  } catch {
    return false;
  }
}

/** Answers, then pushes, as JSON would have said them. */
export function decodeFrame(bytes: Uint8Array): Members[] {
  const { answers, pushes } = fromBinary(FrameSchema, bytes);
  return [
    ...answers.map((answer) => answerOf(reflect(AnswerSchema, answer))),
    ...pushes.map((push) => pushOf(reflect(PushSchema, push))),
  ];
}

const isMinor = (field: DescField): boolean => field.name.endsWith("_minor");
const isTime = (field: DescField): boolean => field.name.endsWith("_us");
const jsonName = (field: DescField): string => field.name.replace(/_(minor|us)$/, "");
const normal = (word: string): string => word.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_");
const prefixOf = ({ values }: DescEnum): string => values[0]!.name.slice(0, -"UNSPECIFIED".length);

// Asking

function fill(message: ReflectMessage, members: object): void {
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    const isByName = name === "resume_from_seq" && typeof value === "object";
    const said = isByName ? "resume_from_seqs" : name;
    const field = message.fields.find((each) => jsonName(each) === said);
    if (field === undefined) throw new Error(`${message.desc.name} has no ${name}`);
    setField(message, field, value);
  }
}

function setField(message: ReflectMessage, field: DescField, value: unknown): void {
  if (field.fieldKind === "list") {
    const list = message.get(field) as ReflectList;
    if (!Array.isArray(value)) throw new Error(`${field.name} is a list`);
    for (const each of value as unknown[]) list.add(one(field, each));
  } else if (field.fieldKind === "map") {
    const map = message.get(field) as ReflectMap<string>;
    for (const [key, count] of Object.entries(value as object)) {
      map.set(key, BigInt(count as number));
    }
  } else message.set(field, one(field, value));
}

function one(field: DescField, value: unknown): unknown {
  if (field.enum !== undefined) {
    const name = `${prefixOf(field.enum)}${normal(value as string)}`;
    const found = field.enum.values.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${field.enum.name} has no ${String(value)}`);
    return found.number;
  }
  if (field.message !== undefined) {
    const message = reflect(field.message);
    if (typeof value !== "object" || Array.isArray(value)) throw new Error("not a message");
    fill(message, field.message.name === "BatchOp" ? operation(value as Members) : value!);
    return message;
  }
  if (isMinor(field)) return BigInt(minorOf(value as string));
  if (isTime(field)) return BigInt(readTime(value as string));
  if (field.scalar !== ScalarType.INT64) return value;
  if (typeof value !== "number") throw new Error(`${field.name} is a number`);
  return BigInt(value);
}

const operation = ({ method, params }: Members): Members => ({ [method as string]: params });

function minorOf(text: unknown): number {
  if (typeof text !== "string") throw new Error("a price is a text");
  const minor = text.startsWith("-") ? -readMinor(text.slice(1)) : readMinor(text);
  if (minor < 0 && !text.startsWith("-")) throw new Error(`${text} is no price`);
  return minor;
}

// Being told

/** Null in JSON where the bytes say nothing. */
const NULLABLE: Readonly<Record<string, readonly string[]>> = {
  Ticker: "bid bid_qty ask ask_qty last last_qty last_ts change high_52w low_52w".split(" "),
  SizeRow: "ask ask_qty bid bid_qty last".split(" "),
  Instrument: ["band"],
  Auction: ["indicative_price", "indicative_qty", "uncross"],
  Uncross: ["price"],
  Order: ["order_id", "symbol", "price"],
  Report: ["order_id", "symbol", "price"],
  CancelAfterResult: ["fires_at"],
};
/** Lists that JSON leaves out when they are empty. */
const LEFT_OUT = new Set(["legs", "shards", "ignored"]);

function answerOf(message: ReflectMessage): Members {
  const said = membersOf(message);
  const { req_number: number, req_text: text, method, time_in, time_out, ...others } = said;
  const { limits, ignored, ...rest } = others;
  const [outcome] = Object.entries(rest);
  const [name, value] = outcome!;
  const isOp = time_in === writeTime(0);
  const body =
    name === "error" ? { success: false, error: value } : { success: true, result: value };
  if (isOp) return { method, ...body };
  const id = number ?? text ?? null;
  const unknown = ignored === undefined ? {} : { ignored };
  const times = { time_in, time_out, ...(limits === undefined ? {} : { limits }), ...unknown };
  // A frame that named no method is answered without one.
  return { method: method ?? "", req_id: id, ...body, ...times };
}

function pushOf(message: ReflectMessage): Members {
  const data = message.oneofCase(message.oneofs[0]!)!;
  const { [jsonName(data)]: value, ...own } = membersOf(message);
  return { ...own, data: value };
}

function membersOf(message: ReflectMessage): Members {
  const members: Members = {};
  for (const field of message.fields) {
    const name = jsonName(field);
    const value = valueOf(message, field);
    if (value !== undefined) members[name] = value;
    else if (NULLABLE[message.desc.name]?.includes(name)) members[name] = null;
  }
  // An account's timer is about no order: only its id is null.
  if (members.exec_type === "timer_fired") {
    delete members.symbol;
    delete members.price;
  }
  const isOfOrder = message.desc.name === "OrderResult" && members.qty !== undefined;
  if (isOfOrder) members.order_id ??= null;
  return members;
}

function valueOf(message: ReflectMessage, field: DescField): unknown {
  if (field.fieldKind === "list") {
    const rows = [...(message.get(field) as ReflectList)].map((each) => told(field, each));
    return rows.length === 0 && LEFT_OUT.has(field.name) ? undefined : rows;
  }
  if (field.fieldKind === "map") {
    const counts = [...(message.get(field) as ReflectMap<string>)];
    if (counts.length === 0 && field.name !== "symbols") return undefined;
    return Object.fromEntries(counts.map(([key, value]) => [key, Number(value)]));
  }
  const isImplicit = field.presence === FeatureSet_FieldPresence.IMPLICIT;
  if (!message.isSet(field) && (!isImplicit || field.enum !== undefined)) return undefined;
  return told(field, message.get(field));
}

function told(field: DescField, value: unknown): unknown {
  if (field.enum !== undefined) return wordOf(field.enum, value as number);
  if (field.message !== undefined) return messageOf(value as ReflectMessage);
  if (isMinor(field)) return textOf(Number(value));
  if (isTime(field)) return writeTime(Number(value));
  return typeof value === "bigint" ? Number(value) : value;
}

function messageOf(message: ReflectMessage): unknown {
  if (message.desc.name === "Answer") return answerOf(message);
  const members = membersOf(message);
  if (message.desc.name === "Level") return Object.values(members);
  return "rows" in members ? members.rows : members;
}

const textOf = (minor: number): string =>
  minor < 0 ? `-${writeMinor(-minor)}` : writeMinor(minor);

function wordOf(desc: DescEnum, number: number): string | undefined {
  if (desc.name === "Channel" && number === Channel.BOOK_100MS) return "book@100ms";
  if (desc.name === "Method" && number === Method.SESSION_LOGON) return "session.logon";
  const { name } = desc.values.find((each) => each.number === number)!;
  return name.slice(prefixOf(desc).length).toLowerCase();
}
