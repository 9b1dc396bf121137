// The seed models are fit to be listed: every one has a code, a symbol and a price of its own form, and
// on whichever day an exchange begins, some are still to be released.
import { expect, test } from "@jest/globals";
import { type CatalogModel, MODELS, modelsOn } from "./models.ts";

const SYMBOL = /^[A-Za-z0-9._-]{1,64}:(US|USW)-\d{1,2}(\.5)?(-2E)?$/;
const DOLLARS = /^[1-9]\d*\.00$/;

const FIRST_DAY = "2026-12-29";
const ALL = modelsOn(FIRST_DAY);
const SAMPLES = ALL.slice(MODELS.length);

const each = ALL.map((model) => [model.style, model] as const);
const real = MODELS.map((model) => [model.style, model] as const);
const symbols = (model: CatalogModel): string[] =>
  model.sizes.map((size) => `${model.style}:${size}`);

test("there are some forty, from several brands", () => {
  expect(MODELS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(MODELS.map(({ brand }) => brand)).size).toBeGreaterThanOrEqual(4);
});

test("no style code, model name or symbol is there twice", () => {
  const all = ALL.flatMap(symbols);
  expect(new Set(ALL.map(({ style }) => style)).size).toBe(ALL.length);
  expect(new Set(ALL.map(({ model }) => model)).size).toBe(ALL.length);
  expect(new Set(all).size).toBe(all.length);
});

test.each(each)("%s has symbols others can write down", (_, model) => {
  expect(symbols(model).filter((symbol) => !SYMBOL.test(symbol))).toEqual([]);
  expect(model.sizes.length).toBeGreaterThanOrEqual(10);
});

test.each(each)("%s has whole dollars, and a band around its retail price", (_, model) => {
  const { low, high } = model.band;
  for (const price of [model.retail_price, low, high]) expect(price).toMatch(DOLLARS);
  expect(Number(low)).toBeLessThan(Number(model.retail_price));
  expect(Number(high)).toBeGreaterThanOrEqual(Number(model.retail_price) * 20);
});

test.each(real)("%s was released on a day that was", (_, { release_date: date }) => {
  expect(new Date(`${date}T00:00:00Z`).toISOString()).toBe(`${date}T00:00:00.000Z`);
  expect(Date.parse(date)).toBeGreaterThan(Date.parse("1985-04-01")); // the first Air Jordan
  expect(Date.parse(date)).toBeLessThan(Date.parse("2026-11-21"));
});

test("releases to come follow the first day, over the end of a year, too; and say they are made up", () => {
  expect(SAMPLES.map(({ release_date: date }) => date)).toEqual([
    "2026-12-31",
    "2027-01-07",
    "2027-01-28",
    "2027-03-14",
  ]);
  for (const { brand, model, style, colourway } of SAMPLES) {
    expect([brand, style]).toEqual(["Solebook", expect.stringMatching(/^SAMPLE-/)]);
    expect([model, colourway]).toEqual([
      expect.stringContaining("Sample"),
      expect.stringContaining("made up"),
    ]);
  }
});

test.each(each)("%s says what it is and what colours it has", (_, model) => {
  for (const words of [model.brand, model.model, model.colourway]) {
    expect(words).toBe(words.trim());
    expect(words).not.toBe("");
  }
  for (const colour of model.colours) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
});

test("the sizes of an extra wide run and of a women's run are told apart", () => {
  const sizesOf = (style: string): readonly string[] =>
    MODELS.find((model) => model.style === style)!.sizes;
  expect(sizesOf("M990GL5")).toEqual(expect.arrayContaining(["US-10", "US-10.5-2E"]));
  expect(sizesOf("DD1503-101")).toEqual(expect.arrayContaining(["USW-5", "USW-8.5", "USW-12"]));
  expect(sizesOf("DD1391-100")).toEqual(expect.arrayContaining(["US-4", "US-10.5", "US-15"]));
});
