/** What the readers' check sees: every kind of wrong push is found, a right one told again is not. */
import { describe, expect, test } from "@jest/globals";
import { Book } from "../../gateway/client/index.ts";
import { Chain, textOf } from "./chain.ts";

const EMPTY = { symbol: "S", seq: 10, prev_seq: 0, data: { bids: [], asks: [] } };
const BID = { bids: [["199.00", 3, 1]], asks: [] } as const;
const ASK = { bids: [], asks: [["201.00", 2, 2]] } as const;

function crcOf(...changes: readonly (typeof BID | typeof ASK)[]): number {
  const book = new Book();
  for (const change of changes) book.apply(change);
  return book.checksum();
}

const FIRST = JSON.stringify({ ts: "t", data: { ...BID, crc32: crcOf(BID) } });
const SECOND = JSON.stringify({ ts: "t", data: { ...ASK, crc32: crcOf(BID, ASK) } });

function chainOf(pushes: readonly (readonly [number, number, string])[]): Chain {
  const chain = new Chain("S");
  chain.snapshot(EMPTY);
  for (const [prevSeq, seq, text] of pushes) {
    chain.update(prevSeq, seq, Buffer.from(`before${text}after`), 6, 6 + Buffer.byteLength(text));
  }
  return chain;
}

describe("one book, told to many", () => {
  const right = [
    [10, 11, FIRST],
    [11, 14, SECOND],
  ] as const;
  const withoutCrc = FIRST.replace(/,"crc32":\d+/, "");
  const otherLevels = FIRST.replace('"199.00",3', '"199.00",4');

  test.each([
    ["to one", right, 0],
    ["to two, alike", [...right, ...right], 0],
    ["again, to one who resumes, without its CRC", [...right, [10, 11, withoutCrc] as const], 0],
    ["with another quantity to the second", [...right, [10, 11, otherLevels] as const], 1],
    ["with a CRC that does not fit", [[10, 11, otherLevels] as const], 1],
    ["and before what we know, which nobody can check", [[5, 9, FIRST] as const, ...right], 0],
  ])("told %s", (_words, pushes, wrong) => {
    const chain = chainOf(pushes);
    expect(chain.wrong).toBe(wrong);
    if (wrong > 0) return;
    expect(chain.seq).toBe(14);
    expect(chain.text()).toBe("199.00,3,1|201.00,2,2");
  });

  test("a snapshot that shows another book at the same sequence is wrong", () => {
    const chain = chainOf(right);
    const data = { bids: BID.bids, asks: [] };
    expect(textOf(data)).not.toBe(chain.text());
    chain.snapshot({ symbol: "S", seq: 14, prev_seq: 0, data });
    expect(chain.wrong).toBe(1);
  });
});
