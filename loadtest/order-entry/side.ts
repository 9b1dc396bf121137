/**
 * One of the two that are compared: all connections to the exchange, or all to the bare server, and what
 * a round on them measures.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { build, type Histogram } from "hdr-histogram-js";
import { logonParams, type Signer } from "../../gateway/client/index.ts";
import { openLine, type Line, type LineHandlers, type LineTarget } from "../wire/line.ts";
import type { Encoding, Template } from "../wire/order-frames.ts";
import { Pipe } from "./pipe.ts";

export interface Round {
  readonly perS: number;
  readonly tookS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SidePlan {
  readonly target: LineTarget;
  readonly encoding: Encoding;
  readonly depth: number;
  /** Of each connection: what it sends, and who it logs on as; null at the bare server. */
  readonly lines: readonly {
    readonly templates: readonly [Template, Template];
    signer: Signer | null;
  }[];
}

const US_PER_MS = 1_000;

/** Latencies in microseconds, exact to three digits. */
export const makeHistogram = (): Histogram =>
  build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });

export class Side {
  readonly #pipes: Pipe[] = [];
  readonly #lines: Line[] = [];
  readonly #encoding: Encoding;
  #latency = makeHistogram();
  /** Why the run is worth nothing, if it is. */
  readonly troubles = new Map<string, number>();
  /** Rejects when a connection is gone: what was on its way there is never answered. */
  readonly #gone = Promise.withResolvers<never>();

  private constructor(encoding: Encoding) {
    this.#encoding = encoding;
    this.#gone.promise.catch(() => {}); // whoever waits for an answer hears it
  }

  static async open(plan: SidePlan): Promise<Side> {
    const side = new Side(plan.encoding);
    for (const line of plan.lines) await side.#add(plan, line);
    return side;
  }

  get sent(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.sent, 0);
  }

  get answered(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.answered, 0);
  }

  /** Everybody sends for so long, or until somebody has sent his share of `most` orders. */
  async round(seconds: number, most = Infinity): Promise<Round> {
    this.#latency = makeHistogram();
    const before = this.answered;
    const beganMs = performance.now();
    for (const pipe of this.#pipes) pipe.start(Math.floor(most / this.#pipes.length));
    const over = new AbortController();
    const hasSent = this.#pipes.map((pipe) => pipe.drained()); // from then on fewer are in flight
    const ended = Promise.race([sleep(seconds * 1_000, undefined, over), ...hasSent]);
    await this.#unlessGone(ended).finally(() => over.abort());
    const tookS = (performance.now() - beganMs) / 1_000;
    const perS = (this.answered - before) / tookS;
    await this.#unlessGone(Promise.all(this.#pipes.map((pipe) => pipe.stop())));
    this.#check();
    return { perS, tookS, ...this.#percentiles() };
  }

  /** The first connection alone, one at a time. */
  async oneByOne(count: number): Promise<Round> {
    this.#latency = makeHistogram();
    const beganMs = performance.now();
    this.#pipes[0]!.start(count);
    await this.#unlessGone(this.#pipes[0]!.drained());
    const tookS = (performance.now() - beganMs) / 1_000;
    this.#check();
    return { perS: count / tookS, tookS, ...this.#percentiles() };
  }

  #unlessGone<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#gone.promise]);
  }

  close(): void {
    for (const line of this.#lines) line.cut();
  }

  #percentiles(): Pick<Round, "p50Ms" | "p99Ms"> {
    const at = (percentile: number): number =>
      this.#latency.getValueAtPercentile(percentile) / US_PER_MS;
    return { p50Ms: at(50), p99Ms: at(99) };
  }

  /** Each order was answered once, and none refused; else the figures say nothing. */
  #check(): void {
    const strays = this.#pipes.reduce((sum, pipe) => sum + pipe.strays, 0);
    if (strays > 0) this.troubles.set("answered twice, or never asked", strays);
    if (this.sent !== this.answered) this.troubles.set("not answered", this.sent - this.answered);
    if (this.troubles.size === 0) return;
    const words = [...this.troubles].map(([what, count]) => `${what}: ${count}`).join(", ");
    throw new Error(`orders went wrong: ${words}`);
  }

  async #add(plan: SidePlan, { templates, signer }: SidePlan["lines"][number]): Promise<void> {
    const loggedOn = Promise.withResolvers<Buffer>();
    let pipe: Pipe | null = null;
    const isBare = signer === null;
    const trouble = (what: string): void => {
      this.troubles.set(what, (this.troubles.get(what) ?? 0) + 1);
    };
    const sink = (number: number, refused: string | null): void => {
      if (refused !== null) trouble(refused);
      pipe!.answer(number);
    };
    const handlers: LineHandlers = {
      message: (_opcode, bytes, start, end) => {
        if (pipe === null) loggedOn.resolve(Buffer.from(bytes.subarray(start, end)));
        else if (isBare)
          pipe.answer(this.#encoding.readNumber(bytes, start + templates[0].numberAt));
        else this.#encoding.readAnswers(bytes, start, end, sink);
      },
      told: () => pipe?.told(),
      closed: (code, reason) => {
        trouble(`closed with ${code} ${reason}`);
        this.#gone.reject(new Error(`a connection was closed with ${code} ${reason}`));
      },
    };
    const line = await openLine(plan.target, handlers);
    this.#lines.push(line);
    if (signer !== null) {
      this.#encoding.logOn(line, await logonParams(signer));
      const answer = await this.#unlessGone(loggedOn.promise);
      if (!this.#encoding.isLoggedOn(answer)) throw new Error(`no logon: ${answer.toString()}`);
    }
    pipe = new Pipe(line, plan.depth, templates, (us) => this.#latency.recordValue(us));
    this.#pipes.push(pipe);
  }
}
