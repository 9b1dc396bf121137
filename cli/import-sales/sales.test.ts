// From the bytes of a file to rows that can be traded, and what is said about those that cannot.
import { expect, test } from "@jest/globals";
import { readLines } from "../lines.ts";
import { cutRecords } from "./records.ts";
import { collectSales, longStyleOf, roundToTicks, type Sales } from "./sales.ts";

const HEADER =
  "row,order_date,brand,sneaker_name,sale_price_cents,retail_price_cents,release_date,shoe_size";
const ROW = "9,2017-09-01,Yeezy,Boost-350,109700,22000,2016-09-24,11";

interface Read {
  readonly sales: Sales;
  readonly bad: string[];
}

/** Reads `text` in pieces of `pieceBytes`, as a file may come. */
async function read(text: string, pieceBytes = 7): Promise<Read> {
  const bytes = Buffer.from(text);
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const bad: string[] = [];
  const records = cutRecords(readLines(pieces()));
  const sales = await collectSales(records, (line, why) => bad.push(`${line}: ${why}`));
  return { sales, bad };
}

const file = (...rows: readonly string[]): string => `${[HEADER, ...rows].join("\n")}\n`;
/** ROW with some of its cells changed, by column. */
function row(changes: Readonly<Record<string, string>>): string {
  const cells = ROW.split(",");
  for (const [column, cell] of Object.entries(changes)) {
    cells[HEADER.split(",").indexOf(column)] = cell;
  }
  return cells.join(",");
}

test("rows become instruments of models, in the order of the file", async () => {
  const { sales, bad } = await read(
    file(
      row({ shoe_size: "11" }),
      row({ shoe_size: "9.5", sale_price_cents: "50000" }),
      row({ shoe_size: "11.0", sale_price_cents: "68500" }),
      row({ sneaker_name: "Air Max 90", retail_price_cents: "16000" }),
    ),
  );
  expect(bad).toEqual([]);
  expect(sales.models).toMatchObject([
    { name: "Boost-350", brand: "Yeezy", style: "SALE-BOOST-350", sizes: ["US-11", "US-9.5"] },
    { name: "Air Max 90", style: "SALE-AIR-MAX-90", retailMinor: 16_000, sizes: ["US-11"] },
  ]);
  expect(sales.instruments).toEqual([
    { model: 0, size: "US-11", rows: [0, 2] },
    { model: 0, size: "US-9.5", rows: [1] },
    { model: 1, size: "US-11", rows: [3] },
  ]);
  expect(sales.lines).toEqual([2, 3, 4, 5]);
  expect(sales.priceTicks).toEqual([1_097, 500, 685, 1_097]);
});

test.each([
  [149, 1],
  [150, 2],
  [151, 2],
  [100, 1],
  [49, 0],
  [50, 1],
  [109_749, 1_097],
  [109_750, 1_098],
])("%d cents are %d ticks: to the nearest, half up", (cents, ticks) => {
  expect(roundToTicks(cents)).toBe(ticks);
});

test("rounded prices are counted, whole ones are not", async () => {
  const prices = ["100", "150", "199", "20000", "20001"];
  const { sales } = await read(
    file(...prices.map((sale_price_cents) => row({ sale_price_cents }))),
  );
  expect(sales.priceTicks).toEqual([1, 2, 2, 200, 200]);
  expect(sales.rounded).toBe(3);
});

test.each([
  [{ sale_price_cents: "12.5" }, `sale_price_cents "12.5" is no price in whole cents`],
  [{ sale_price_cents: "" }, `sale_price_cents "" is no price in whole cents`],
  [{ sale_price_cents: "-100" }, `sale_price_cents "-100" is no price in whole cents`],
  [{ sale_price_cents: "49" }, `sale_price_cents "49" is no price in whole cents`],
  [
    { sale_price_cents: "99999999999999" },
    `sale_price_cents "99999999999999" is no price in whole cents`,
  ],
  [{ retail_price_cents: "free" }, `retail_price_cents "free" is no price in whole cents`],
  [{ order_date: "2017-02-29" }, `order_date "2017-02-29" is no date like 2017-09-01`],
  [{ release_date: "24.9.2016" }, `release_date "24.9.2016" is no date like 2017-09-01`],
  [{ shoe_size: "XL" }, `shoe_size "XL" is no US size like 10.5`],
  [{ shoe_size: "0" }, `shoe_size "0" is no US size like 10.5`],
  [{ sneaker_name: "" }, "sneaker_name has 1 to 200 characters"],
  [{ brand: " " }, "brand has 1 to 200 characters"],
  [{ brand: "Yeezy,x" }, "9 columns, where the header has 8"],
  [{ brand: '"Yeezy' }, "not CSV"],
])("a bad row is named by its line and skipped: %j", async (changes, why) => {
  const { sales, bad } = await read(file(ROW, row(changes), ROW, "", ROW));
  expect(bad).toEqual([`3: ${why}`]);
  expect(sales.skipped).toBe(1);
  expect(sales.lines).toEqual([2, 4, 6]);
});

test("quotes, line ends of another system and a byte order mark are CSV, too", async () => {
  const quoted = row({ sneaker_name: '"Air ""One"", Low"', row: '"two\nlines"' });
  const text = `\uFEFF${file(quoted, ROW, row({ sneaker_name: 'Size 5" Heel' }))}`;
  const { sales, bad } = await read(text.replaceAll("\n", "\r\n"));
  expect(bad).toEqual([]);
  expect(sales.models.map(({ name }) => name)).toEqual([
    'Air "One", Low',
    "Boost-350",
    'Size 5" Heel',
  ]);
  expect(sales.lines).toEqual([2, 4, 5]);
});

test("whatever pieces a file comes in, it reads the same", async () => {
  const text = file(ROW, row({ sneaker_name: '"Böóst ""x"""' }), row({ brand: '"open' }), ROW, ROW);
  const whole = await read(text, text.length * 2);
  for (const pieceBytes of [1, 2, 3, 64]) expect(await read(text, pieceBytes)).toEqual(whole);
  expect(whole.bad).toEqual(["4: not CSV"]);
  expect(whole.sales.lines).toEqual([2, 3, 5, 6]);
});

test("a file without a column it needs is refused, with its name", async () => {
  await expect(read("order_date,brand\n2017-09-01,x\n")).rejects.toThrow(
    "the header has no column sneaker_name, sale_price_cents, retail_price_cents, release_date, shoe_size",
  );
  await expect(read("")).rejects.toThrow("the file is empty");
});

test("no two names share a style code", async () => {
  const long = "Nike-Air-Force-1-Low-Virgil-Abloh-Off-White-AF100-Friends-And-Family-Promo-Sample";
  const names = ["Air Max", "AIR-MAX", "air max", long, `${long}-2`, "空", "!?", "Zoom"];
  const { sales } = await read(file(...names.map((sneaker_name) => row({ sneaker_name }))));
  const styles = sales.models.map(({ style }) => style);
  expect(new Set(styles).size).toBe(names.length);
  for (const style of styles) expect(style).toMatch(/^SALE-[A-Z0-9-]{1,48}$/);
  expect(styles[0]).toBe(longStyleOf("Air Max"));
  expect(styles.at(-1)).toBe("SALE-ZOOM");
});
