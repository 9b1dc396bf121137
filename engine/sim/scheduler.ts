/**
 * Virtual time for processes that share one event loop: what they wait for by `setTimeout` happens in an
 * order the seed decides, and an hour passes as fast as it is computed. While it is installed, the
 * global timers are its own; each remembers whose it is, so that a process that was killed never goes on,
 * and one that is paused goes on late.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { nextTick } from "node:process";
import { Violation } from "./faults.ts";

export interface Process {
  readonly name: string;
  isDead: boolean;
  /** It does nothing before then. */
  pausedUntilUs: number;
}

export interface Scheduler {
  nowUs(): number;
  /** Runs `step` as `process` (null: the world itself), after so long. */
  after(us: number, process: Process | null, step: () => void): void;
  /** Runs `step` now, as `process`. */
  as<T>(process: Process, step: () => T): T;
  /** Runs what is due until `isOver` says so. */
  run(isOver: () => boolean): Promise<void>;
  /** Who runs now. */
  current(): Process | null;
  uninstall(): void;
}

/** Far more than anybody does before he waits for something. */
const LOOKS_MAX = 100_000;
/** So many happenings in one turn of the event loop. */
const TURNS_TOGETHER = 64;

interface Timer {
  atUs: number;
  readonly order: number;
  readonly process: Process | null;
  readonly step: () => void;
  isCancelled: boolean;
}

type Way = <T>(step: () => T) => T;

export function installScheduler(): Scheduler {
  const whose = new AsyncLocalStorage<Process | null>();
  const ways = new Map<Process | null, Way>();
  const heap = makeHeap();
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const realAny = AbortSignal.any;
  let nowUs = 0;
  let orders = 0;
  let looks = 0;
  let turns = 0;
  let broke: { readonly error: unknown } | null = null;

  function schedule(us: number, process: Process | null, step: () => void): Timer {
    const atUs = nowUs + Math.max(Math.round(us), 0);
    const timer = { atUs, order: orders++, process, step, isCancelled: false };
    heap.push(timer);
    return timer;
  }

  /** Who goes on for ever without waiting would hold up all the rest, and us: no timer could end it. */
  function lookAtClock(): number {
    if (++looks > LOOKS_MAX) throw new Violation("somebody goes on and on, and no time passes");
    return nowUs;
  }

  const current = (): Process | null => whose.getStore() ?? null;
  const started = (step: () => void, ms = 0): Timer => schedule(ms * 1_000, current(), step);
  const cancel = (timer: Timer | undefined): void => {
    if (timer !== undefined) timer.isCancelled = true;
  };
  Object.assign(globalThis, { setTimeout: started, clearTimeout: cancel });
  AbortSignal.any = anyOf;

  function fire(timer: Timer): void {
    const { process, step, isCancelled } = timer;
    if (isCancelled || process?.isDead === true) return;
    if (process !== null && process.pausedUntilUs > nowUs) {
      timer.atUs = process.pausedUntilUs;
      heap.push(timer);
      return;
    }
    as(process, step);
  }

  /** Making a context costs more than most of what is done in it: each process has one. */
  function as<T>(process: Process | null, step: () => T): T {
    let way = ways.get(process);
    if (way === undefined) {
      way = whose.run(process, () => AsyncLocalStorage.snapshot());
      ways.set(process, way);
    }
    return way(step);
  }

  async function run(isOver: () => boolean): Promise<void> {
    const unhandled = (error: unknown): void => void (broke ??= { error });
    globalThis.process.on("unhandledRejection", unhandled);
    try {
      while (!isOver()) {
        const timer = heap.pop();
        if (timer === null) throw new Violation("nothing is left to happen");
        nowUs = Math.max(nowUs, timer.atUs);
        looks = 0;
        fire(timer);
        await (++turns % TURNS_TOGETHER === 0 ? loopTurn() : allThatFollows());
        if (broke !== null) throw broke.error;
      }
    } finally {
      globalThis.process.off("unhandledRejection", unhandled);
    }
  }

  return {
    nowUs: lookAtClock,
    after: (us, process, step) => void schedule(us, process, step),
    as,
    run,
    current,
    uninstall: () => {
      Object.assign(globalThis, real);
      AbortSignal.any = realAny;
    },
  };
}

/**
 * Node's own is remembered for ever while somebody listens to it, and with it all that he holds: who was
 * killed never stops listening.
 */
function anyOf(signals: Iterable<AbortSignal>): AbortSignal {
  const any = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) any.abort(signal.reason);
    else signal.addEventListener("abort", () => any.abort(signal.reason), { once: true });
  }
  return any.signal;
}

/** A tick comes when no promise has anything left to say; a turn of the event loop costs far more. */
function allThatFollows(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}

/** Only here Node tells of a rejection that nobody has handled. */
function loopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

function makeHeap() {
  const all: Timer[] = [];

  function push(timer: Timer): void {
    let at = all.length;
    all.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, all[parent]!)) break;
      all[at] = all[parent]!;
      at = parent;
    }
    all[at] = timer;
  }

  function pop(): Timer | null {
    const first = all[0];
    const last = all.pop();
    if (first === undefined || last === undefined) return null;
    if (all.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= all.length) break;
      if (child + 1 < all.length && isBefore(all[child + 1]!, all[child]!)) child++;
      if (!isBefore(all[child]!, last)) break;
      all[at] = all[child]!;
      at = child;
    }
    all[at] = last;
    return first;
  }

  return { push, pop };
}
