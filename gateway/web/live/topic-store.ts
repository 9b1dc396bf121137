/**
 * One topic of the exchange as something React can read: subscribed while anybody looks (and a little
 * longer, so that going from one size to the next and back costs nothing), folded push by push, told
 * once per frame.
 */
import { useSyncExternalStore } from "react";
import type { Channel, ExchangeError, Push } from "../../client/index.ts";
import { exchange } from "./exchange.ts";
import { inNextFrame } from "./frames.ts";

/** `loading`: nothing yet. `live`: the present. `stale`: what was last known. `refused`: see `error`. */
export type LiveState = "loading" | "live" | "stale" | "refused";

export interface Live<T> {
  readonly value: T | null;
  readonly state: LiveState;
  /** When the value was last known to be the present, by this machine's clock. */
  readonly asOfMs: number | null;
  readonly error: ExchangeError | null;
}

/** Folds pushes; `read` is asked once per frame and may be as lazy as it likes. */
export interface Fold<T> {
  push(push: Push): void;
  read(): T;
}

/** `changed` is for what a fold learns otherwise than by a push. */
export type MakeFold<T> = (changed: () => void) => Fold<T>;

const LOADING = { value: null, state: "loading", asOfMs: null, error: null } as const;
const LINGER_MS = 3_000;
/** Who holds the market still must hear of their own orders and of trouble all the same. */
const NEVER_HELD: ReadonlySet<Channel> = new Set(["status", "executions"]);

export class TopicStore<T> {
  readonly #channel: Channel;
  readonly #name: string;
  readonly #fold: Fold<T>;
  readonly #onIdle: () => void;
  readonly #listeners = new Set<() => void>();
  #unsubscribe: (() => void) | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #live: Live<T> = LOADING;
  #state: LiveState = "loading";
  #asOfMs: number | null = null;
  #error: ExchangeError | null = null;

  constructor(channel: Channel, name: string, makeFold: MakeFold<T>, onIdle: () => void) {
    this.#channel = channel;
    this.#name = name;
    this.#fold = makeFold(() => this.#become(this.#state));
    this.#onIdle = onIdle;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    clearTimeout(this.#linger);
    this.#unsubscribe ??= this.#listen();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#linger = setTimeout(() => this.#stop(), LINGER_MS);
    };
  };

  readonly read = (): Live<T> => this.#live;

  #listen(): () => void {
    return exchange.subscribe(this.#channel, this.#name, {
      push: (push) => {
        this.#fold.push(push);
        this.#asOfMs = Date.now();
        this.#become(push.stale === true ? "stale" : "live");
      },
      fresh: () => this.#become("live"),
      stale: () => {
        if (this.#state === "live") this.#asOfMs = Date.now();
        this.#become(this.#state === "live" ? "stale" : this.#state);
      },
      refused: (error) => {
        this.#error = error;
        this.#become("refused");
      },
    });
  }

  #stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#onIdle();
  }

  #become(state: LiveState): void {
    this.#state = state;
    if (NEVER_HELD.has(this.#channel)) this.#tell();
    else inNextFrame(this.#tell);
  }

  readonly #tell = (): void => {
    const hasValue = this.#state === "live" || this.#state === "stale";
    // Whoever logged out leaves nothing of theirs on the screen.
    const isNobodys = this.#state === "refused" && this.#error?.class === "AUTH";
    const before = isNobodys ? null : this.#live.value;
    this.#live = {
      value: hasValue ? this.#fold.read() : before,
      state: this.#state,
      asOfMs: this.#asOfMs,
      error: this.#state === "refused" ? this.#error : null,
    };
    for (const listener of this.#listeners) listener();
  };
}

/** The stores of one channel, made when first looked at and dropped when nobody does any more. */
export function makeTopics<T>(
  channel: Channel,
  makeFold: MakeFold<T>,
): (name: string) => TopicStore<T> {
  const stores = new Map<string, TopicStore<T>>();
  return (name) => {
    let store = stores.get(name);
    if (store === undefined) {
      store = new TopicStore(channel, name, makeFold, () => stores.delete(name));
      stores.set(name, store);
    }
    return store;
  };
}

const nothing = { subscribe: () => () => {}, read: () => LOADING };

/** What a topic says now; null as a name listens to nothing. */
export function useTopic<T>(
  storeOf: (name: string) => TopicStore<T>,
  name: string | null,
): Live<T> {
  const store = name === null ? nothing : storeOf(name);
  return useSyncExternalStore<Live<T>>(store.subscribe, store.read);
}
