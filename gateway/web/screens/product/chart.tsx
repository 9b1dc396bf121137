/** Price over time with the pairs sold under it, drawn as SVG. Pointer and arrow keys read it. */
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from "react";
import { useNowMs } from "../../parts/ago.tsx";
import { countOf } from "../../parts/count.ts";
import { moneyOf } from "../../parts/money.ts";
import { type ChartKind, type Datum, type Frame, type Scale, scaleOf } from "./chart-scale.ts";

interface ChartProps {
  readonly data: readonly Datum[];
  readonly kind: ChartKind;
  /** Longer than a day: marks are days, not hours. */
  readonly isLong: boolean;
  readonly label: string;
}

const PLOT = 190;
const VOLUME = 42;
const GAP = 14;
const TIMES = 22;
const GUTTER = 58;
const DOTS_MAX = 40;
const HOUR = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric" });
const BOTH = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function Chart({ data, kind, isLong, label }: ChartProps) {
  const [place, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const nowMs = useNowMs();
  const frame: Frame = { width, plotHeight: PLOT, volumeHeight: VOLUME, gutter: GUTTER };
  const scale = scaleOf(data, nowMs, frame);
  const chosen = at === null ? undefined : data[Math.min(at, data.length - 1)];
  const point = (event: PointerEvent): void => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setAt(nearest(data, scale, left));
  };
  const step = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(data.length - 1, (at ?? data.length) + by)));
  };
  return (
    <div className="chart" ref={place}>
      <output className="chart-readout small" aria-live="polite">
        {chosen === undefined ? "" : readout(chosen)}
      </output>
      {width > 0 && (
        <svg
          width={width}
          height={PLOT + GAP + VOLUME + TIMES}
          tabIndex={0}
          role="img"
          aria-label={label}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setAt(null)}
          onBlur={() => setAt(null)}
          onKeyDown={step}
        >
          <Axes scale={scale} width={width} isLong={isLong} />
          {kind === "line" && <Line data={data} scale={scale} />}
          {kind === "candles" && <Candles data={data} scale={scale} />}
          {(kind === "points" || (kind === "line" && data.length <= DOTS_MAX)) && (
            <Dots data={data} scale={scale} />
          )}
          {data.map((each) => (
            <rect
              key={each.ms}
              className="chart-volume"
              x={scale.x(each.ms) - scale.slot / 2}
              width={scale.slot}
              y={PLOT + GAP + VOLUME - scale.volume(each.pairs)}
              height={scale.volume(each.pairs)}
            />
          ))}
          {chosen !== undefined && (
            <g className="chart-cross">
              <line
                x1={scale.x(chosen.ms)}
                x2={scale.x(chosen.ms)}
                y1={0}
                y2={PLOT + GAP + VOLUME}
              />
              <circle cx={scale.x(chosen.ms)} cy={scale.y(chosen.closeMinor)} r={4.5} />
            </g>
          )}
        </svg>
      )}
    </div>
  );
}

function Axes({
  scale,
  width,
  isLong,
}: {
  readonly scale: Scale;
  readonly width: number;
  readonly isLong: boolean;
}) {
  const format = isLong ? DAY : HOUR;
  return (
    <g className="chart-axes">
      {scale.prices.map((price) => (
        <g key={price}>
          <line x1={0} x2={width - GUTTER} y1={scale.y(price)} y2={scale.y(price)} />
          <text x={width} y={scale.y(price) + 4} textAnchor="end">
            {moneyOf(price)}
          </text>
        </g>
      ))}
      {scale.times.map((ms) => (
        <text
          key={ms}
          x={scale.x(ms)}
          y={PLOT + GAP + VOLUME + 17}
          textAnchor={anchorOf(scale.x(ms), scale.end)}
        >
          {format.format(ms)}
        </text>
      ))}
    </g>
  );
}

const EDGE_PX = 22;

/** A word at the edge stays inside. */
function anchorOf(x: number, end: number): "start" | "middle" | "end" {
  if (x < EDGE_PX) return "start";
  return x > end - EDGE_PX ? "end" : "middle";
}

function Line({ data, scale }: { readonly data: readonly Datum[]; readonly scale: Scale }) {
  // A price holds until the next sale: steps, not slopes nobody traded at.
  const [first, ...rest] = data.map(
    (each) => [scale.x(each.ms), scale.y(each.closeMinor)] as const,
  );
  const steps = rest.map(([x, y]) => `H${x} V${y}`);
  const line = `M${first![0]} ${first![1]} ${steps.join(" ")} H${scale.end}`;
  return (
    <g>
      <path className="chart-area" d={`${line} V${PLOT} H${first![0]} Z`} />
      <path className="chart-line" d={line} />
    </g>
  );
}

function Dots({ data, scale }: { readonly data: readonly Datum[]; readonly scale: Scale }) {
  return data.map(({ ms, closeMinor }, at) => (
    <circle key={at} className="chart-dot" cx={scale.x(ms)} cy={scale.y(closeMinor)} r={2.5} />
  ));
}

function Candles({ data, scale }: { readonly data: readonly Datum[]; readonly scale: Scale }) {
  return data.map(({ ms, openMinor, highMinor, lowMinor, closeMinor }) => {
    const x = scale.x(ms);
    const [open, close] = [scale.y(openMinor), scale.y(closeMinor)];
    return (
      <g key={ms} className="candle" data-direction={closeMinor >= openMinor ? "up" : "down"}>
        <line x1={x} x2={x} y1={scale.y(highMinor)} y2={scale.y(lowMinor)} />
        <rect
          x={x - scale.slot / 2}
          width={scale.slot}
          y={Math.min(open, close)}
          height={Math.max(1.5, Math.abs(open - close))}
        />
      </g>
    );
  });
}

function readout({ ms, openMinor, highMinor, lowMinor, closeMinor, pairs }: Datum): string {
  const sold = countOf(pairs, "pair");
  const prices =
    highMinor === lowMinor
      ? moneyOf(closeMinor)
      : `${moneyOf(closeMinor)} (from ${moneyOf(openMinor)}, ${moneyOf(lowMinor)} to ${moneyOf(highMinor)})`;
  return `${BOTH.format(ms)} · ${prices} · ${sold}`;
}

function nearest(data: readonly Datum[], scale: Scale, left: number): number {
  let best = 0;
  data.forEach(({ ms }, at) => {
    if (Math.abs(scale.x(ms) - left) < Math.abs(scale.x(data[best]!.ms) - left)) best = at;
  });
  return best;
}

function useWidth() {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry!.contentRect.width)),
    );
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return [place, width] as const;
}
