/**
 * One connection that follows some books: checks that no push is missing, and when it was closed comes
 * back and resumes where it was.
 */
import { type Line, type LineTarget, openLine } from "../wire/line.ts";
import type { BookPush, Chain } from "./chain.ts";

const UPDATE = Buffer.from('{"channel":"book","type":"update","symbol":"');
const QUOTE = '"'.charCodeAt(0);
const ZERO = "0".charCodeAt(0);
const NINE = "9".charCodeAt(0);
const SEQ_WORD = '","seq":'.length;
const PREV_WORD = ',"prev_seq":'.length;
const POLICY = 1008;
const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;

/** What all readers together have seen. */
export interface Tally {
  messages: number;
  bytes: number;
  sequenceGaps: number;
  /** Closed by the exchange as a slow reader, or cut while it did not read. */
  closedSlow: number;
  closedOtherwise: number;
  /** Books that went on where they were after a reader had been away. */
  resumed: number;
  /** Books that had to begin with a snapshot after it. */
  begunAgain: number;
  refused: number;
  reasons: Map<string, number>;
}

interface Followed {
  readonly chain: Chain;
  seq: number;
}

interface Row {
  readonly symbol: string;
  readonly mode: "snapshot" | "resumed" | "live";
}

export class Reader {
  readonly #target: LineTarget;
  readonly #books = new Map<string, Followed>();
  readonly #tally: Tally;
  #line: Line | null = null;
  #isEnding = false;
  /** By ourselves: not the exchange's doing. */
  #isCut = false;
  #retryMs = RETRY_FIRST_MS;
  #ready = Promise.withResolvers<void>();
  /** Answered to when it subscribed last, and not told yet. */
  #awaited = 0;
  isPaused = false;
  isOpen = false;

  constructor(target: LineTarget, chains: readonly Chain[], tally: Tally) {
    this.#target = target;
    this.#tally = tally;
    for (const chain of chains) this.#books.set(chain.symbol, { chain, seq: -1 });
  }

  /** Resolves when all books are there. */
  async open(): Promise<void> {
    await this.#connect();
    await this.#ready.promise;
  }

  pause(): void {
    this.isPaused = true;
    this.#line?.pause();
  }

  readOn(): void {
    this.isPaused = false;
    this.#line?.resume();
  }

  /** The network is gone, and back after a while; it resumes by itself. */
  cut(): void {
    this.isOpen = false;
    this.#isCut = true;
    this.#line?.cut();
  }

  close(): void {
    this.#isEnding = true;
    this.#line?.cut();
  }

  /** Connected, and told of all its books. */
  get isReady(): boolean {
    return this.isOpen && this.#awaited <= 0;
  }

  get isUpToDate(): boolean {
    return this.isReady && this.behind.length === 0;
  }

  /** Of its books those that are not where the chain is. */
  get behind(): string[] {
    const rows = [...this.#books.values()].filter(({ chain, seq }) => seq !== chain.seq);
    return rows.map(({ chain }) => chain.symbol);
  }

  get symbols(): string[] {
    return [...this.#books.keys()];
  }

  async #connect(): Promise<void> {
    this.#line = await openLine(this.#target, {
      message: (_opcode, bytes, start, end) => this.#hear(bytes, start, end),
      closed: (code, reason) => this.#closed(code, reason),
    });
    this.isOpen = true;
    const books = [...this.#books.values()];
    this.#awaited = books.length;
    const known = books.filter(({ seq }) => seq >= 0);
    const resume = Object.fromEntries(known.map(({ chain, seq }) => [chain.symbol, seq]));
    const params = {
      channel: "book",
      crc32: true,
      symbols: books.map(({ chain }) => chain.symbol),
      ...(known.length === 0 ? {} : { resume_from_seq: resume }),
    };
    this.#line.sendText(JSON.stringify({ method: "subscribe", params }));
  }

  #hear(bytes: Buffer, start: number, end: number): void {
    this.#tally.messages++;
    this.#tally.bytes += end - start;
    const symbolAt = start + UPDATE.length;
    if (bytes.compare(UPDATE, 0, UPDATE.length, start, Math.min(end, symbolAt)) !== 0) {
      return this.#hearOther(bytes.toString("utf8", start, end));
    }
    const symbolEnd = bytes.indexOf(QUOTE, symbolAt);
    const book = this.#books.get(bytes.toString("latin1", symbolAt, symbolEnd));
    if (book === undefined) return;
    const seqAt = symbolEnd + SEQ_WORD;
    const prevAt = numberEnd(bytes, seqAt) + PREV_WORD;
    const seq = readNumber(bytes, seqAt);
    const prevSeq = readNumber(bytes, prevAt);
    if (prevSeq !== book.seq) this.#tally.sequenceGaps++;
    book.seq = seq;
    book.chain.update(prevSeq, seq, bytes, start, end);
  }

  #hearOther(text: string): void {
    const said = JSON.parse(text) as {
      readonly channel?: string;
      readonly success?: boolean;
      readonly error?: { readonly code: string };
      readonly result?: { readonly symbols: readonly Row[] };
    };
    if (said.channel === "book") {
      const push = said as unknown as BookPush;
      const book = this.#books.get(push.symbol)!;
      book.chain.snapshot(push);
      book.seq = push.seq;
      this.#isTold();
    } else if (said.success === false) {
      this.#tally.refused++;
      count(this.#tally.reasons, said.error!.code);
    } else if (said.success === true) this.#subscribed(said.result!.symbols);
  }

  /** Rows that begin with a snapshot are told when it comes, the others are here. */
  #subscribed(rows: readonly Row[]): void {
    for (const { symbol, mode } of rows) {
      if (mode === "resumed") {
        this.#tally.resumed++;
        this.#isTold();
      } else if (this.#books.get(symbol)!.seq >= 0) this.#tally.begunAgain++;
    }
  }

  #isTold(): void {
    if (--this.#awaited > 0) return;
    this.#retryMs = RETRY_FIRST_MS;
    this.#ready.resolve();
  }

  #closed(code: number, reason: string): void {
    this.isOpen = false;
    this.#line = null;
    if (this.#isEnding) return;
    const wasCut = this.#isCut;
    this.#isCut = false;
    if (wasCut) return this.#again();
    count(this.#tally.reasons, `${code} ${reason}`.trim());
    const isSlow = (code === POLICY && reason.startsWith("SLOW_READER")) || this.isPaused;
    if (isSlow) this.#tally.closedSlow++;
    else this.#tally.closedOtherwise++;
    this.#again();
  }

  /** Comes back after a pause of its own, longer each time it fails. */
  #again(): void {
    if (this.#isEnding) return;
    const pauseMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(RETRY_MAX_MS, this.#retryMs * 2);
    setTimeout(() => {
      if (this.#isEnding) return;
      this.#connect().catch(() => this.#again());
    }, pauseMs);
  }
}

export function makeTally(): Tally {
  return {
    messages: 0,
    bytes: 0,
    sequenceGaps: 0,
    closedSlow: 0,
    closedOtherwise: 0,
    resumed: 0,
    begunAgain: 0,
    refused: 0,
    reasons: new Map(),
  };
}

const count = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);

function numberEnd(bytes: Buffer, at: number): number {
  while (bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  return at;
}

function readNumber(bytes: Buffer, at: number): number {
  let number = 0;
  for (; bytes[at]! >= ZERO && bytes[at]! <= NINE; at++) number = number * 10 + bytes[at]! - ZERO;
  return number;
}
