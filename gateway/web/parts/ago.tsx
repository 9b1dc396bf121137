/** How old something is, in words that stay true: "just now", "4 min ago", then the day. */
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const TICK_MS = 5_000;
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, some seconds coarse, for everything that grows old on the screen. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => nowMs);
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-US", { dateStyle: "medium" });
const DATE_ONLY = new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeZone: "UTC" });

export function Ago({ ts }: { readonly ts: string }) {
  const now = useNowMs();
  return (
    <time dateTime={ts} title={`${DAY.format(new Date(ts))}, ${clock(ts)}`}>
      {ago(Date.parse(ts), now)}
    </time>
  );
}

export function ago(thenMs: number, atMs: number): string {
  const seconds = Math.max(0, (atMs - thenMs) / 1_000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s ago`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ago`;
  return DAY.format(thenMs);
}

/** "14:02:11". */
export const clock = (time: string | number): string => CLOCK.format(new Date(time));

/** What a release date is called: of one to come, or one that was. */
export const releaseWords = (date: string, nowMs: number): string =>
  Date.parse(`${date}T00:00:00Z`) > nowMs ? "To be released" : "Released";

/** "Nov 19, 2022" of "2022-11-19". */
export const day = (date: string): string => DATE_ONLY.format(new Date(`${date}T00:00:00Z`));
