/**
 * A file of sales as the run needs it: which rows there are, what each is worth in ticks, and which
 * instrument of which model it trades on. Rows live in flat arrays; a file may have millions.
 */
import { createHash } from "node:crypto";
import { Failure } from "../errors.ts";
import type { CsvRecord } from "./records.ts";

/** One US dollar: what the exchange's own products trade in, too. */
export const TICK_MINOR = 100;

/** With a run id of 7 characters and a dash, a row's number must fit an id of 15. */
const LINES_MAX = 9_999_999;
const PRICE_MINOR_MAX = (2 ** 31 - 1) * TICK_MINOR;
const SLUG_LENGTH_MAX = 48;
const NAME_LENGTH_MAX = 200;

export interface Model {
  readonly name: string;
  readonly brand: string;
  /** The style code of its product on the exchange. */
  style: string;
  readonly retailMinor: number;
  readonly releaseDate: string;
  readonly sizes: string[];
}

export interface SaleInstrument {
  readonly model: number;
  readonly size: string;
  /** Its rows, in the order of the file. */
  readonly rows: number[];
}

export interface Sales {
  readonly models: readonly Model[];
  readonly instruments: readonly SaleInstrument[];
  /** Of each row: the line it stands on, and its price. */
  readonly lines: readonly number[];
  readonly priceTicks: readonly number[];
  readonly skipped: number;
  readonly rounded: number;
}

/** Told of every bad row; may throw to stop there. */
export type OnBadRow = (line: number, why: string) => void;

const COLUMNS = [
  "order_date",
  "brand",
  "sneaker_name",
  "sale_price_cents",
  "retail_price_cents",
  "release_date",
  "shoe_size",
] as const;
type Column = (typeof COLUMNS)[number];

export async function collectSales(
  batches: AsyncIterable<readonly CsvRecord[]>,
  onBadRow: OnBadRow,
): Promise<Sales> {
  const collector = makeCollector();
  let read: ((cells: readonly string[] | null) => Row | string) | undefined;
  let skipped = 0;
  for await (const records of batches) {
    for (const { line, cells } of records) {
      if (read === undefined) {
        read = readHeader(cells);
        continue;
      }
      if (line > LINES_MAX) throw new Failure(`the file has more than ${LINES_MAX} lines`);
      const row = read(cells);
      if (typeof row !== "string") {
        collector.add(line, row);
        continue;
      }
      skipped++;
      onBadRow(line, row);
    }
  }
  if (read === undefined) throw new Failure("the file is empty: not even a header");
  return { ...collector.sales(), skipped };
}

interface Row {
  readonly brand: string;
  readonly name: string;
  readonly priceMinor: number;
  readonly retailMinor: number;
  readonly releaseDate: string;
  readonly size: string;
}

/** A reader of the rows under this header. */
function readHeader(
  header: readonly string[] | null,
): (cells: readonly string[] | null) => Row | string {
  const names = (header ?? []).map((name) => name.replace(/^\uFEFF/, "").toLowerCase());
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new Failure(
      `the header has no column ${missing.join(", ")}; it needs ${COLUMNS.join(",")}`,
    );
  }
  const at = Object.fromEntries(COLUMNS.map((column) => [column, names.indexOf(column)])) as Record<
    Column,
    number
  >;
  return (cells) => {
    if (cells === null) return "not CSV";
    if (cells.length !== names.length) {
      return `${cells.length} columns, where the header has ${names.length}`;
    }
    return readRow((column) => cells[at[column]]!);
  };
}

/** The row, or what is wrong with it. */
function readRow(cell: (column: Column) => string): Row | string {
  const name = cell("sneaker_name");
  if (name === "" || name.length > NAME_LENGTH_MAX) {
    return `sneaker_name has 1 to ${NAME_LENGTH_MAX} characters`;
  }
  const brand = cell("brand");
  if (brand === "" || brand.length > NAME_LENGTH_MAX) {
    return `brand has 1 to ${NAME_LENGTH_MAX} characters`;
  }
  for (const column of ["order_date", "release_date"] as const) {
    if (!isDate(cell(column))) return `${column} "${cell(column)}" is no date like 2017-09-01`;
  }
  for (const column of ["sale_price_cents", "retail_price_cents"] as const) {
    const text = cell(column);
    if (
      !/^\d{1,15}$/.test(text) ||
      roundToTicks(Number(text)) < 1 ||
      Number(text) > PRICE_MINOR_MAX
    ) {
      return `${column} "${text}" is no price in whole cents`;
    }
  }
  const size = readSize(cell("shoe_size"));
  if (size === null) return `shoe_size "${cell("shoe_size")}" is no US size like 10.5`;
  return {
    brand,
    name,
    priceMinor: Number(cell("sale_price_cents")),
    retailMinor: Number(cell("retail_price_cents")),
    releaseDate: cell("release_date"),
    size,
  };
}

/** Nearest tick, half up. */
export function roundToTicks(minor: number): number {
  return Math.floor((minor + TICK_MINOR / 2) / TICK_MINOR);
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** `10.50` and `10.5` are one size, and so are `9` and `9.0`. */
function readSize(text: string): string | null {
  if (!/^\d{1,2}(\.\d{1,2})?$/.test(text)) return null;
  return Number(text) > 0 ? `US-${Number(text)}` : null;
}

function makeCollector(): { add(line: number, row: Row): void; sales(): Omit<Sales, "skipped"> } {
  const models: Model[] = [];
  const modelByName = new Map<string, number>();
  const instruments: SaleInstrument[] = [];
  const instrumentByName = new Map<string, number>();
  const lines: number[] = [];
  const priceTicks: number[] = [];
  let rounded = 0;

  function modelOf(row: Row): number {
    const known = modelByName.get(row.name);
    if (known !== undefined) return known;
    const { name, brand, retailMinor, releaseDate } = row;
    modelByName.set(name, models.length);
    return models.push({ name, brand, style: "", retailMinor, releaseDate, sizes: [] }) - 1;
  }

  function instrumentOf(row: Row): SaleInstrument {
    const key = `${row.size} ${row.name}`;
    const known = instrumentByName.get(key);
    if (known !== undefined) return instruments[known]!;
    const model = modelOf(row);
    models[model]!.sizes.push(row.size);
    const instrument = { model, size: row.size, rows: [] };
    instrumentByName.set(key, instruments.push(instrument) - 1);
    return instrument;
  }

  return {
    add(line, row) {
      instrumentOf(row).rows.push(lines.length);
      lines.push(line);
      priceTicks.push(roundToTicks(row.priceMinor));
      if (row.priceMinor % TICK_MINOR !== 0) rounded++;
    },
    sales() {
      nameStyles(models);
      return { models, instruments, lines, priceTicks, rounded };
    },
  };
}

/** Gives every model a style code; names that would share one all get a longer one. */
function nameStyles(models: readonly Model[]): void {
  const shares = new Map<string, number>();
  for (const { name } of models) shares.set(slug(name), (shares.get(slug(name)) ?? 0) + 1);
  for (const model of models) {
    const plain = slug(model.name);
    const isPlainEnough =
      shares.get(plain) === 1 && plain !== "" && plain.length <= SLUG_LENGTH_MAX;
    model.style = isPlainEnough ? `SALE-${plain}` : longStyleOf(model.name);
  }
}

/** A style code that no other name has: the slug, as far as it fits, and a hash of the whole name. */
export function longStyleOf(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 10).toUpperCase();
  const start = slug(name)
    .slice(0, SLUG_LENGTH_MAX - hash.length - 1)
    .replace(/-$/, "");
  return ["SALE", start, hash].filter((part) => part !== "").join("-");
}

function slug(name: string): string {
  return name
    .normalize("NFKD")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}
