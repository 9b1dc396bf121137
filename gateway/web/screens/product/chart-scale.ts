/** From trades to a chart's geometry: what is drawn, on which scales, with which marks on the axes. */
import { readMinor } from "../../../client/index.ts";
import type { Bar, HistoryData } from "../../market-data.ts";

export type ChartKind = "line" | "points" | "candles";

/** One place on the time axis. */
export interface Datum {
  readonly ms: number;
  readonly openMinor: number;
  readonly highMinor: number;
  readonly lowMinor: number;
  readonly closeMinor: number;
  readonly pairs: number;
}

/** Fewer bars than this say less than the trades themselves. */
const BARS_MIN = 10;

/** A candle is a bar; points are trades; a line is made of bars as soon as there are enough. */
export function dataOf({ bars, points }: HistoryData, kind: ChartKind): Datum[] {
  const isBars = kind === "line" && (bars.length >= BARS_MIN || points.length <= bars.length);
  if (kind === "candles" || isBars) return bars.map(ofBar);
  return points.map(({ ts, price, qty }) => {
    const minor = readMinor(price);
    return {
      ms: Date.parse(ts),
      openMinor: minor,
      highMinor: minor,
      lowMinor: minor,
      closeMinor: minor,
      pairs: qty,
    };
  });
}

function ofBar({ ts, open, high, low, close, volume }: Bar): Datum {
  return {
    ms: Date.parse(ts),
    openMinor: readMinor(open),
    highMinor: readMinor(high),
    lowMinor: readMinor(low),
    closeMinor: readMinor(close),
    pairs: volume,
  };
}

export interface Scale {
  readonly x: (ms: number) => number;
  readonly y: (minor: number) => number;
  readonly volume: (pairs: number) => number;
  readonly prices: readonly number[];
  readonly times: readonly number[];
  /** Where now is. */
  readonly end: number;
  /** Width of one bar or candle. */
  readonly slot: number;
}

export interface Frame {
  readonly width: number;
  readonly plotHeight: number;
  readonly volumeHeight: number;
  /** Room for prices at the right. */
  readonly gutter: number;
}

const STEPS = [1, 2, 2.5, 5, 10];
const PRICE_MARKS = 5;
const TIME_MARK_PX = 110;
const SPAN_MIN_MS = 120_000;
/** Prices are whole ticks: marks between two of them say nothing. */
const PRICE_STEP_MIN_MINOR = 100;

/** The axis begins with the first sale, some minutes ago at least, and ends now. */
export function scaleOf(data: readonly Datum[], nowMs: number, frame: Frame): Scale {
  const { width, plotHeight, volumeHeight, gutter } = frame;
  const toMs = Math.max(nowMs, data[data.length - 1]!.ms);
  const fromMs = Math.min(data[0]!.ms, toMs - SPAN_MIN_MS);
  const spanMs = toMs - fromMs;
  const low = Math.min(...data.map((each) => each.lowMinor));
  const high = Math.max(...data.map((each) => each.highMinor));
  const room = Math.max((high - low) * 0.12, high * 0.01, 150);
  const [bottom, top] = [Math.max(0, low - room), high + room];
  const most = Math.max(1, ...data.map((each) => each.pairs));
  const plotWidth = width - gutter;
  const slot = Math.max(1.5, Math.min(14, (plotWidth / Math.max(data.length, 12)) * 0.68));
  const inner = plotWidth - slot - 4;
  const timeMarks = Math.max(2, Math.floor(plotWidth / TIME_MARK_PX));
  return {
    x: (ms) => slot / 2 + 2 + ((ms - fromMs) / spanMs) * inner,
    y: (minor) => plotHeight - ((minor - bottom) / (top - bottom)) * plotHeight,
    volume: (pairs) => Math.max(1, (pairs / most) * volumeHeight),
    prices: marks(bottom, top),
    times: timesBetween(fromMs, toMs, timeMarks),
    end: plotWidth - slot / 2 - 2,
    slot,
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Of clock and calendar; from minutes to years. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 7, 14, 30, 60, 120, 365].map((days) => days * DAY_MS),
];

/** Round times of the reader's clock, at most `most` of them. */
function timesBetween(fromMs: number, toMs: number, most: number): number[] {
  const step = TIME_STEPS.find((each) => (toMs - fromMs) / each <= most) ?? TIME_STEPS.at(-1)!;
  const zoneMs = new Date(fromMs).getTimezoneOffset() * MINUTE_MS;
  const found: number[] = [];
  const first = Math.ceil((fromMs - zoneMs) / step) * step + zoneMs;
  for (let at = first; at <= toMs; at += step) found.push(at);
  return found;
}

/** Round prices between two, a handful of them. */
function marks(bottom: number, top: number): number[] {
  const raw = Math.max(PRICE_STEP_MIN_MINOR, (top - bottom) / PRICE_MARKS);
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = (STEPS.find((each) => each * magnitude >= raw * 0.75) ?? 10) * magnitude;
  const found: number[] = [];
  for (let at = Math.ceil(bottom / step) * step; at < top; at += step) found.push(Math.round(at));
  return found;
}
