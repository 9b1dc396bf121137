/** What comes after a reset is answered as by a core that nothing came to before, to the last bit. */
import { expect, test } from "@jest/globals";
import { makeRandom, type Random } from "../../engine/core/testing/random.ts";
import { makeSession } from "./session.ts";

const SEED = 20_261_121;
const OPS = ["limit", "limit", "limit", "market", "cancel", "reduce", "replace"];

/** Lines of a lively market: few prices and accounts, so that much of it meets. */
function linesOf(count: number, { below, once, pick }: Random): string[] {
  const ids = Math.max(4, count >> 2);
  return Array.from({ length: count }, () => {
    const op = pick(OPS);
    const line: Record<string, unknown> = { op, id: `o${below(ids)}` };
    if (op === "limit") line.px = 90 + below(20);
    if (op === "limit" || op === "market") {
      Object.assign(line, {
        side: pick(["buy", "sell"]),
        qty: 1 + below(9),
        book: pick(["x", "y"]),
      });
      if (once(2)) Object.assign(line, { account: `a${below(5)}`, stp: "expire-maker" });
    }
    if (op === "reduce") line.by = 1 + below(3);
    if (op === "replace") Object.assign(line, { px: 90 + below(20), qty: 1 + below(9) });
    return JSON.stringify(line);
  });
}

test("after a reset it is as if nothing had come before: short streams, long ones, one after another", () => {
  const random = makeRandom(SEED);
  const session = makeSession();
  for (const count of [1, 40, 0, 7, 900, 3, 6_000, 2, 2_500, 8]) {
    const alone = makeSession();
    for (const [n, line] of linesOf(count, random).entries()) {
      expect(session.answer(line, n)).toBe(alone.answer(line, n));
    }
    const book = '{"op":"book","book":"x"}';
    expect(session.answer(book, 0)).toBe(alone.answer(book, 0));
    const hashOf = (summary: string): string => JSON.parse(summary).state_hash as string;
    // An order that is placed after the hash was asked for still finds its way.
    expect(hashOf(session.summary())).toBe(hashOf(alone.summary()));
    for (const line of linesOf(20, random)) {
      expect(session.answer(line, 0)).toBe(alone.answer(line, 0));
    }
    expect(session.answer('{"op":"reset"}', 0)).toBe('{"ok":true}\n');
  }
});

test("what comes before many resets costs nobody room", () => {
  const session = makeSession();
  for (let n = 0; n < 2_000; n++) {
    session.answer('{"op":"limit","id":"a","side":"buy","px":10,"qty":1}', n);
    session.answer('{"op":"limit","id":"b","side":"sell","px":11,"qty":1,"account":"7"}', n);
    session.answer('{"op":"reset"}', n);
  }
  expect(session.answer('{"op":"order","id":"a"}', 0)).toBe('{"open":null}\n');
});
