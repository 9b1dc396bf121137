/**
 * What REST says, read once and shown until something newer is there. Read again after a reconnect
 * and, where asked for, every so often while the page is looked at.
 */
import { useCallback, useSyncExternalStore } from "react";
import { type ErrorBody, ExchangeError } from "../../client/index.ts";
import { exchange } from "./exchange.ts";
import { inNextFrame } from "./frames.ts";

export interface Resource<T> {
  readonly value: T | null;
  readonly state: "loading" | "ready" | "failed";
  readonly error: ExchangeError | null;
}

interface Entry {
  resource: Resource<unknown>;
  session: number;
  readMs: number;
  isReading: boolean;
  readonly listeners: Set<() => void>;
}

const LOADING = { value: null, state: "loading", error: null } as const;
const KEPT_MAX = 100;
const RETRY_MS = 2_000;
const TICK_MS = 500;
const entries = new Map<string, Entry>();

/** `path` null reads nothing. `everyMs` 0: only again after a reconnect. */
export function useResource<T>(path: string | null, everyMs = 0): Resource<T> {
  const subscribe = useCallback(
    (listener: () => void) => (path === null ? () => {} : watch(path, everyMs, listener)),
    [path, everyMs],
  );
  const read = (): Resource<T> =>
    path === null ? LOADING : ((entries.get(path)?.resource ?? LOADING) as Resource<T>);
  return useSyncExternalStore(subscribe, read);
}

/** One answer of REST; rejects with ExchangeError in the exchange's words. */
export async function readJson<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  const body: unknown = await response.json();
  if (!response.ok) throw new ExchangeError(body as ErrorBody);
  return body as T;
}

function watch(path: string, everyMs: number, listener: () => void): () => void {
  const entry = entryOf(path);
  entry.listeners.add(listener);
  const look = (): void => {
    if (isDue(entry, everyMs)) void refresh(path, entry);
  };
  look();
  const timer = setInterval(look, TICK_MS);
  return () => {
    clearInterval(timer);
    entry.listeners.delete(listener);
  };
}

function entryOf(path: string): Entry {
  const known = entries.get(path);
  if (known !== undefined) return known;
  if (entries.size >= KEPT_MAX) {
    for (const [old, { listeners }] of entries) {
      if (listeners.size > 0) continue;
      entries.delete(old);
      break;
    }
  }
  const entry: Entry = {
    resource: LOADING,
    session: -1,
    readMs: Number.NEGATIVE_INFINITY,
    isReading: false,
    listeners: new Set(),
  };
  entries.set(path, entry);
  return entry;
}

function isDue({ resource, session, readMs, isReading }: Entry, everyMs: number): boolean {
  if (isReading || document.visibilityState === "hidden") return false;
  const ageMs = performance.now() - readMs;
  if (resource.state === "loading" && session < 0) return true;
  const isFinal = resource.error !== null && !resource.error.retryable; // asked again: the same
  if (resource.state === "failed" && !isFinal && ageMs > RETRY_MS) return true;
  const { phase, sessions } = exchange.connection;
  if (phase === "online" && sessions !== session) return true;
  return everyMs > 0 && ageMs > everyMs;
}

async function refresh(path: string, entry: Entry): Promise<void> {
  entry.isReading = true;
  const isFirst = entry.resource.state !== "ready";
  entry.session = exchange.connection.sessions;
  try {
    entry.resource = { value: await readJson(path), state: "ready", error: null };
  } catch (error) {
    const said = error instanceof ExchangeError ? error : null; // null: nobody answered
    entry.resource = { ...entry.resource, state: "failed", error: said };
  }
  entry.isReading = false;
  entry.readMs = performance.now();
  const tell = (): void => {
    for (const listener of entry.listeners) listener();
  };
  // A first answer is waited for, also by who holds the page still; a newer one is a change.
  if (isFirst) tell();
  else inNextFrame(tell);
}
