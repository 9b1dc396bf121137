/**
 * All readers: they come a few at a time, some stop reading now and then, all may lose their network at
 * once; at the end each one's books are looked at.
 */
import { type Line, openLine, targetOf } from "../wire/line.ts";
import { type BookPush, Chain, textOf } from "./chain.ts";
import { makeTally, Reader, type Tally } from "./reader.ts";

export interface CrowdPlan {
  readonly url: string;
  readonly connections: number;
  readonly symbols: readonly string[];
  readonly booksEach: number;
}

export interface PausePlan {
  /** Of all, at any time. */
  readonly share: number;
  readonly pauseMs: number;
  /** Between two pauses others have their turn. */
  readonly everyMs: number;
}

export interface CrowdEnd {
  readonly booksWrong: number;
  /** Symbol and text of each book as the readers have it. */
  readonly books: readonly (readonly [string, string])[];
}

/** Handshakes at once: fewer than a server lets wait. */
const OPENING_MAX = 100;
/** Of one address of ours to one of theirs; the system has some 28,000. */
const PER_ADDRESS = 20_000;
const SETTLE_MAX_MS = 30_000;
const LOOK_MS = 50;
const SYMBOLS_PER_REQUEST = 200;

export class Crowd {
  readonly tally: Tally = makeTally();
  readonly #url: string;
  readonly #chains: readonly Chain[];
  readonly #readers: Reader[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #nextPaused = 0;
  #pausedOnce = 0;

  constructor({ url, connections, symbols, booksEach }: CrowdPlan) {
    this.#url = url;
    this.#chains = symbols.map((symbol) => new Chain(symbol));
    const target = targetOf(url, "json");
    for (let at = 0; at < connections; at++) {
      const chains = Array.from(
        { length: Math.min(booksEach, symbols.length) },
        (_, book) => this.#chains[(at * booksEach + book) % symbols.length]!,
      );
      const from =
        connections > PER_ADDRESS ? `127.0.0.${1 + Math.floor(at / PER_ADDRESS)}` : undefined;
      this.#readers.push(new Reader({ ...target, from }, chains, this.tally));
    }
  }

  async open(): Promise<void> {
    let next = 0;
    const opening = Array.from({ length: OPENING_MAX }, async () => {
      while (next < this.#readers.length) await this.#readers[next++]!.open();
    });
    await Promise.all(opening);
  }

  /** From now on some do not read for a while, one share after the other. */
  startPauses({ share, pauseMs, everyMs }: PausePlan): void {
    const count = Math.ceil(this.#readers.length * share);
    const wave = (): void => {
      const paused = Array.from({ length: count }, (_, at) => {
        return this.#readers[(this.#nextPaused + at) % this.#readers.length]!;
      });
      this.#nextPaused += count;
      this.#pausedOnce += count;
      for (const reader of paused) reader.pause();
      this.#after(pauseMs, () => {
        for (const reader of paused) reader.readOn();
      });
      this.#after(everyMs, wave);
    };
    wave();
  }

  /** Who reads again goes on doing so; nobody else stops. */
  stopPauses(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const reader of this.#readers) if (reader.isPaused) reader.readOn();
  }

  /** Everybody's network is gone at once; resolves when all are back and know where they are. */
  async storm(): Promise<number> {
    const beganMs = performance.now();
    for (const reader of this.#readers) reader.cut();
    while (!this.#readers.every(({ isReady }) => isReady)) await after(LOOK_MS);
    return performance.now() - beganMs;
  }

  get pausedOnce(): number {
    return this.#pausedOnce;
  }

  /** After the last order: waits until everybody knows of it, then compares with a fresh look. */
  async finish(): Promise<CrowdEnd> {
    const fresh = await this.#look();
    const untilMs = performance.now() + SETTLE_MAX_MS;
    const isSettled = (): boolean =>
      this.#chains.every(({ symbol, seq }) => seq === fresh.get(symbol)!.seq) &&
      this.#readers.every(({ isUpToDate }) => isUpToDate);
    while (!isSettled() && performance.now() < untilMs) await after(LOOK_MS);
    const bad = new Set<string>();
    for (const chain of this.#chains) {
      const { seq, data } = fresh.get(chain.symbol)!;
      const isRight = chain.wrong === 0 && chain.seq === seq && chain.text() === textOf(data);
      if (!isRight) bad.add(chain.symbol);
    }
    const booksWrong = this.#readers.reduce((sum, reader) => sum + wrongOf(reader, bad), 0);
    for (const reader of this.#readers) reader.close();
    const books = this.#chains.map((chain) => [chain.symbol, chain.text()] as const);
    return { booksWrong, books };
  }

  /** Snapshots of all books, on a connection that has seen nothing before. */
  async #look(): Promise<Map<string, BookPush>> {
    const found = new Map<string, BookPush>();
    const all = Promise.withResolvers<void>();
    const line: Line = await openLine(targetOf(this.#url, "json"), {
      message: (_opcode, bytes, start, end) => {
        const push = JSON.parse(bytes.toString("utf8", start, end)) as BookPush & { type?: string };
        if (push.type === "snapshot") found.set(push.symbol, push);
        if (found.size === this.#chains.length) all.resolve();
      },
      closed: (code, reason) => all.reject(new Error(`closed with ${code} ${reason}`)),
    });
    for (let at = 0; at < this.#chains.length; at += SYMBOLS_PER_REQUEST) {
      const symbols = this.#chains.slice(at, at + SYMBOLS_PER_REQUEST).map(({ symbol }) => symbol);
      const params = { channel: "book", crc32: true, symbols };
      line.sendText(JSON.stringify({ method: "subscribe", params }));
    }
    await all.promise;
    line.cut();
    return found;
  }

  #after(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }
}

/** Of a reader's books those that are not as the exchange has them. */
function wrongOf(reader: Reader, bad: ReadonlySet<string>): number {
  if (!reader.isOpen) return reader.symbols.length;
  const behind = new Set(reader.behind);
  return reader.symbols.filter((symbol) => bad.has(symbol) || behind.has(symbol)).length;
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
