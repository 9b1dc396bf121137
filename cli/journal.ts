/** What the verbs that read a journal have in common: where it is, and a command on one line. */
import { join } from "node:path";
import type { InspectedCommand } from "../engine/shell/journal/tools.ts";
import { readInteger } from "./arguments.ts";
import { DATA_DEFAULT } from "./exchange.ts";

const SHARD_MAX = 63;
const SEQUENCE_MAX = 999_999_999_999_999;

export const JOURNAL_OPTIONS = {
  data: { type: "string", default: DATA_DEFAULT },
  shard: { type: "string", default: "0" },
  json: { type: "boolean", default: false },
} as const;

export function journalDirectory({ data, shard }: { data: string; shard: string }): string {
  return join(data, "journal", `shard-${readInteger("shard", shard, 0, SHARD_MAX)}`);
}

export function sequenceOf(flag: string, text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : readInteger(flag, text, 1, SEQUENCE_MAX);
}

/** What is zero or not said is left out, and so is the place in the file: a person looks for orders. */
export function commandText({ sequence, stampUs, type, ...fields }: InspectedCommand): string {
  const text = fieldsText(fields);
  return `${sequence}  ${timeText(stampUs)}  ${type.padEnd(15)}  ${text}`.trimEnd() + "\n";
}

/** "name value, name value". */
export function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(fields).filter(
    ([name, value]) => name !== "place" && value !== 0 && value !== "" && value !== "NONE",
  );
  return said.map(([name, value]) => `${name} ${String(value)}`).join(", ");
}

export function timeText(stampUs: number): string {
  const micros = String(stampUs % 1_000_000).padStart(6, "0");
  return `${new Date(Math.floor(stampUs / 1_000)).toISOString().slice(0, 19)}.${micros}Z`;
}
