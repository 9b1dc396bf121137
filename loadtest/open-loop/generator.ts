/**
 * Orders on schedule, whether or not answers come. How long one took counts from when it was due, not from
 * when we got round to sending it: our own lateness and the server's are both what a trader would wait.
 */
import type { Histogram } from "hdr-histogram-js";
import { makeHistogram } from "../order-entry/side.ts";
import type { Line } from "../wire/line.ts";
import { type Encoding, NUMBER_FIRST, type Template } from "../wire/order-frames.ts";
import { type Phase, Schedule } from "./schedule.ts";

/** Requests on their way at once; more are not sent, and counted. A power of two. */
const IN_FLIGHT_MAX = 2 ** 20;
/** From this rate on a line gets several orders at once, as many as make for this many writes a second. */
const WRITES_PER_S = 10_000;
const TOGETHER_MAX = 32;
const US_PER_MS = 1_000;
const TICK_MS = 1;
const LOOK_MS = 5;
/** An exchange that was stopped for a while, or stands in line for a processor, is late and not wrong. */
const GRACE_MS = 180_000;

export interface Request {
  readonly template: Template;
  /** The number of the order that is meant, when it is another one. */
  readonly order?: number;
  /** The line of whose order it is, when not any will do. */
  readonly line?: number;
}

export interface PhaseFigures {
  readonly name: string;
  readonly seconds: number;
  /** Sent, of those that were due in it. */
  offered: number;
  /** Of those, sent while it was on: less when we could not keep up. */
  sentInTime: number;
  /** Due and not sent, for too many were on their way. */
  unsent: number;
  /** Of those due in it, taken and told so while it was on: what was due before is not its merit. */
  acceptedInTime: number;
  /** Of those due in it, from due to answered, in microseconds. */
  readonly accepted: Histogram;
  readonly refused: Histogram;
  /** From due to sent: our own lateness. */
  readonly late: Histogram;
  /** From sent to when the exchange says that it said no: without our lateness in reading it. */
  readonly refusedAfter: Histogram;
  readonly codes: Map<string, number>;
}

/** One answer, as it came. */
export interface Answered {
  readonly number: number;
  readonly phase: number;
  readonly refused: string | null;
  /** From due to answered. */
  readonly us: number;
  /** Since the start. */
  readonly atMs: number;
}

export type Watcher = (answered: Answered) => void;

export class Generator {
  readonly #encoding: Encoding;
  readonly #lines: readonly Line[];
  readonly #dueMs = new Float64Array(IN_FLIGHT_MAX);
  readonly #sentMs = new Float64Array(IN_FLIGHT_MAX);
  /** The phase of a request that is on its way, from 1; 0: none is. */
  readonly #phaseOf = new Uint8Array(IN_FLIGHT_MAX);
  #next = NUMBER_FIRST;
  #inFlight = 0;
  #beganMs = 0;
  #figures: PhaseFigures[] = [];
  #schedule = new Schedule([]);
  #watch: Watcher | null = null;
  /** Answers nobody waited for: there may be none. */
  #strays = 0;
  /** What else went wrong, as connections that were closed. */
  readonly troubles: string[] = [];

  constructor(lines: readonly Line[], encoding: Encoding) {
    this.#lines = lines;
    this.#encoding = encoding;
  }

  /** The number that the next request will have. */
  get nextNumber(): number {
    return this.#next;
  }

  /** A message of the server's on one of the lines. */
  hear(bytes: Buffer, start: number, end: number): void {
    this.#encoding.readAnswers(bytes, start, end, this.#answered);
  }

  /**
   * Sends all phases, then waits for answers; figures by phase. Throws when one is still missing after so
   * long, or one came that nobody waited for.
   */
  async run(
    phases: readonly Phase[],
    pick: (number: number, line: number) => Request,
    { graceMs = GRACE_MS, watch = null }: { graceMs?: number; watch?: Watcher | null } = {},
  ): Promise<PhaseFigures[]> {
    this.#figures = phases.map(({ name, seconds }) => ({
      name,
      seconds,
      offered: 0,
      sentInTime: 0,
      unsent: 0,
      acceptedInTime: 0,
      accepted: makeHistogram(),
      refused: makeHistogram(),
      late: makeHistogram(),
      refusedAfter: makeHistogram(),
      codes: new Map(),
    }));
    this.#schedule = new Schedule(phases);
    this.#watch = watch;
    this.#beganMs = performance.now();
    await this.#send(pick);
    const untilMs = performance.now() + graceMs;
    while (this.#inFlight > 0 && performance.now() < untilMs) await after(LOOK_MS);
    const words = `${this.#inFlight} requests were not answered`;
    if (this.#inFlight > 0) throw new Error([words, ...this.troubles].join("; "));
    if (this.#strays > 0) throw new Error(`${this.#strays} answers to nothing that was asked`);
    return this.#figures;
  }

  async #send(pick: (number: number, line: number) => Request): Promise<void> {
    const schedule = this.#schedule;
    while (schedule.dueMs < Infinity) {
      const nowMs = performance.now() - this.#beganMs;
      while (schedule.dueMs <= nowMs) this.#sendTogether(schedule, nowMs, pick);
      await after(TICK_MS);
    }
    const restMs = schedule.lengthMs - (performance.now() - this.#beganMs);
    if (restMs > 0) await after(restMs);
  }

  /** Some that are due, over one line. */
  #sendTogether(
    schedule: Schedule,
    nowMs: number,
    pick: (number: number, line: number) => Request,
  ): void {
    const rate = schedule.phases[schedule.phase]!.perS;
    const together = Math.max(1, Math.min(TOGETHER_MAX, Math.round(rate / WRITES_PER_S)));
    const at = Math.floor((this.#next - NUMBER_FIRST) / together) % this.#lines.length;
    const frames: Buffer[] = [];
    const now = schedule.phaseAt(nowMs);
    for (let count = 0; count < together && schedule.dueMs <= nowMs; count++) {
      const { phase, dueMs } = schedule;
      schedule.take();
      const figures = this.#figures[phase]!;
      const number = this.#next;
      const slot = number & (IN_FLIGHT_MAX - 1);
      if (this.#phaseOf[slot] !== 0) {
        figures.unsent++; // the one a million before it was not answered yet
        this.#next++;
        continue;
      }
      const { template, order, line = at } = pick(number, at);
      const frame = Buffer.from(template.frame);
      template.setNumber(frame, 0, number, order);
      if (line === at) frames.push(frame);
      else this.#lines[line]!.send(frame);
      this.#phaseOf[slot] = phase + 1;
      this.#dueMs[slot] = dueMs;
      this.#sentMs[slot] = performance.now() - this.#beganMs;
      figures.late.recordValue(usBetween(dueMs, this.#sentMs[slot]!));
      this.#next++;
      this.#inFlight++;
      figures.offered++;
      if (phase === now) figures.sentInTime++;
    }
    if (frames.length > 0) {
      this.#lines[at]!.send(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
    }
  }

  readonly #answered = (number: number, refused: string | null, saidUs: number): void => {
    const slot = number & (IN_FLIGHT_MAX - 1);
    const phase = this.#phaseOf[slot]!;
    if (phase === 0 || number >= this.#next) {
      this.#strays++;
      return;
    }
    this.#phaseOf[slot] = 0;
    this.#inFlight--;
    const atMs = performance.now() - this.#beganMs;
    const us = usBetween(this.#dueMs[slot]!, atMs);
    const figures = this.#figures[phase - 1]!;
    if (refused === null) {
      figures.accepted.recordValue(us);
      if (this.#schedule.phaseAt(atMs) === phase - 1) figures.acceptedInTime++;
    } else {
      figures.refused.recordValue(us);
      const sentMs = performance.timeOrigin + this.#beganMs + this.#sentMs[slot]!;
      figures.refusedAfter.recordValue(usBetween(sentMs, saidUs / US_PER_MS));
      figures.codes.set(refused, (figures.codes.get(refused) ?? 0) + 1);
    }
    this.#watch?.({ number, phase: phase - 1, refused, us, atMs });
  };
}

/** At least one, for two clocks of one machine may differ by a little. */
const usBetween = (fromMs: number, toMs: number): number =>
  Math.max(1, Math.round((toMs - fromMs) * US_PER_MS));

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A percentile in milliseconds; 0 of nothing. */
export function percentileMs(histogram: Histogram, percentile: number): number {
  if (histogram.totalCount === 0) return 0;
  return Number((histogram.getValueAtPercentile(percentile) / 1_000).toFixed(3));
}

/** A phase in a line. */
export function wordsOf(figures: PhaseFigures): string {
  const { name, seconds, offered, sentInTime, unsent, accepted, refused, codes } = figures;
  const { late: sentLate, refusedAfter } = figures;
  const of = (what: Histogram): string =>
    `p50 ${percentileMs(what, 50)} ms, p99 ${percentileMs(what, 99)}, most ${percentileMs(what, 100)}`;
  const no =
    refused.totalCount === 0
      ? ""
      : `; ${refused.totalCount} refused (${of(refused)}; after it was sent ${of(refusedAfter)}) ` +
        JSON.stringify(Object.fromEntries(codes));
  const late = sentInTime < offered ? `, ${offered - sentInTime} of them late` : "";
  return (
    `${name}: ${Math.round(offered / seconds)}/s offered${late}` +
    `${unsent > 0 ? `, ${unsent} not sent` : ""}; sent late by ${of(sentLate)}; ` +
    `${accepted.totalCount} taken (${of(accepted)})${no}`
  );
}
