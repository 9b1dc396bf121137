/**
 * One line of the stream becomes one step or one question, or words about why it is neither.
 * Only its shape is judged here: whether an order is any good is for the core to say.
 */

/** What a line may hold; which of it depends on `op`. */
export interface Line {
  readonly op: Op;
  readonly id: string;
  readonly side: "buy" | "sell";
  readonly px?: number;
  readonly qty?: number;
  readonly by: number;
  readonly tif?: "GTC" | "IOC" | "FOK";
  readonly postOnly?: boolean;
  readonly account?: string;
  readonly stp?: "none" | "expire-maker" | "expire-taker" | "expire-both";
  readonly book?: string;
  readonly depth?: number;
}

type Op = "limit" | "market" | "cancel" | "reduce" | "replace" | "book" | "order" | "reset";

interface Field {
  readonly name: keyof Line;
  readonly needed: boolean;
  readonly isRight: (value: unknown) => boolean;
  readonly words: string;
}

/** Ids, accounts and books are the client's own words; longer ones are somebody's mistake. */
const TEXT_MAX = 256;

const isText = (value: unknown): boolean =>
  typeof value === "string" && value.length > 0 && value.length <= TEXT_MAX;
const oneOf = (...words: readonly string[]): Pick<Field, "isRight" | "words"> => ({
  isRight: (value) => words.includes(value as string),
  words: `one of ${words.join(", ")}`,
});
const TEXT = { isRight: isText, words: `a string of 1 to ${TEXT_MAX} characters` };
const WHOLE = { isRight: Number.isSafeInteger, words: "a whole number" };
const BOOLEAN = {
  isRight: (value: unknown): boolean => typeof value === "boolean",
  words: "true or false",
};
const SIDE = oneOf("buy", "sell");

function needs(name: keyof Line, kind: Pick<Field, "isRight" | "words">): Field {
  return { name, needed: true, ...kind };
}

function takes(name: keyof Line, kind: Pick<Field, "isRight" | "words">): Field {
  return { name, needed: false, ...kind };
}

const OWNED = [needs("id", TEXT), takes("account", TEXT), takes("book", TEXT)];
const PLACED = [
  ...OWNED,
  needs("side", SIDE),
  needs("qty", WHOLE),
  takes("stp", oneOf("none", "expire-maker", "expire-taker", "expire-both")),
];

/** The fields of each op. Others are nobody's business and may be there. */
const FIELDS: ReadonlyMap<unknown, readonly Field[]> = new Map<Op, readonly Field[]>([
  [
    "limit",
    [
      ...PLACED,
      needs("px", WHOLE),
      takes("tif", oneOf("GTC", "IOC", "FOK")),
      takes("postOnly", BOOLEAN),
    ],
  ],
  ["market", [...PLACED, takes("tif", oneOf("IOC")), takes("postOnly", BOOLEAN)]],
  ["cancel", OWNED],
  ["reduce", [...OWNED, needs("by", WHOLE)]],
  ["replace", [...OWNED, takes("px", WHOLE), takes("qty", WHOLE)]],
  ["book", [takes("book", TEXT), takes("depth", WHOLE)]],
  ["order", [needs("id", TEXT), takes("book", TEXT)]],
  ["reset", []],
]);

/** The line, or a string that says what is wrong with it. */
export function readLine(text: string): Line | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not an object";
  const line = value as Record<keyof Line, unknown>;
  const fields = FIELDS.get(line.op);
  if (fields === undefined) {
    return line.op === undefined
      ? "op is missing"
      : `op is one of ${[...FIELDS.keys()].join(", ")}`;
  }
  for (const { name, needed, isRight, words } of fields) {
    const given = line[name];
    if (given === undefined ? needed : !isRight(given)) {
      return given === undefined ? `${name} is missing` : `${name} is ${words}`;
    }
  }
  if (line.postOnly === true && line.op === "market") return "postOnly does not go with market";
  if (line.postOnly === true && (line.tif === "IOC" || line.tif === "FOK")) {
    return `postOnly does not go with ${line.tif}`;
  }
  if (line.op === "replace" && line.px === undefined && line.qty === undefined) {
    return "replace takes px, qty or both";
  }
  if (line.op === "book" && ((line.depth as number | undefined) ?? 1) < 1) {
    return "depth is at least 1";
  }
  return value as Line;
}
