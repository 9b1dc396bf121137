/**
 * What was told of one book, once for all who read it: the first reader of a push applies it and checks
 * its CRC; for every other one it is enough that he was told the same, byte by byte. So ten thousand right
 * books cost what a thousand do.
 *
 * ```
 * seq   … 41 ── 44 ── 45 ── 49     each with the bytes it was told in, and the sequence before it
 *                            the book as of here
 * ```
 */
import { Book, type BookData } from "../../gateway/client/index.ts";

/** Pushes whose bytes are kept, for readers that come later: of some minutes. */
const KEPT_MAX = 4_096;

interface Told {
  readonly prevSeq: number;
  readonly bytes: Buffer;
}

export interface BookPush {
  readonly symbol: string;
  readonly seq: number;
  readonly prev_seq: number;
  readonly data: BookData;
}

export class Chain {
  readonly symbol: string;
  readonly #book = new Book();
  readonly #told = new Map<number, Told>();
  #oldest: number[] = [];
  seq = -1;
  /** What was told and cannot be: another content for a sequence, a CRC that does not fit. */
  wrong = 0;

  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** The whole book at a sequence. The first one begins; another must show the same, where both are known. */
  snapshot({ seq, data }: BookPush): void {
    if (this.seq < 0) {
      this.#book.replace(data);
      this.seq = seq;
    } else if (seq === this.seq && this.text() !== textOf(data)) this.wrong++;
  }

  /** A push as it came; the reader has checked that it follows what he was told before. */
  update(prevSeq: number, seq: number, bytes: Buffer, start: number, end: number): void {
    const told = this.#told.get(seq);
    if (told !== undefined) {
      const isSame = bytes.compare(told.bytes, 0, told.bytes.length, start, end) === 0;
      if (!isSame && !isToldAgain(told.bytes, bytes.subarray(start, end))) this.wrong++;
      return;
    }
    if (prevSeq !== this.seq) return; // a reader who was away is told of before what we keep
    const copy = Buffer.from(bytes.subarray(start, end));
    const { data } = JSON.parse(copy.toString()) as BookPush;
    this.#book.apply(data);
    if (data.crc32 !== undefined && data.crc32 !== this.#book.checksum()) this.wrong++;
    this.seq = seq;
    this.#told.set(seq, { prevSeq, bytes: copy });
    this.#oldest.push(seq);
    if (this.#oldest.length < 2 * KEPT_MAX) return;
    for (const old of this.#oldest.slice(0, KEPT_MAX)) this.#told.delete(old);
    this.#oldest = this.#oldest.slice(KEPT_MAX);
  }

  /** The whole book, to compare. */
  text(): string {
    const { bids, asks } = this.#book.view();
    return [bids, asks]
      .map((side) =>
        side.map(({ price, quantity, orders }) => `${price},${quantity},${orders}`).join(";"),
      )
      .join("|");
  }
}

/** The levels of a snapshot, which come best first, in the same words. */
export function textOf({ bids, asks }: BookData): string {
  return [bids, asks].map((side) => side.map((level) => level.join()).join(";")).join("|");
}

/** What is told again to one who resumes has no CRC; the rest is as it was. */
function isToldAgain(before: Buffer, now: Buffer): boolean {
  const withoutCrc = (bytes: Buffer): string => bytes.toString().replace(/,"crc32":\d+/, "");
  return withoutCrc(before) === withoutCrc(now);
}
