/**
 * Virtual time for processes that share one event loop: what they wait for by `setTimeout` happens in an
 * order the seed decides, and an hour passes as fast as it is computed. While it is installed, the
 * global timers are its own; each remembers whose it is, so that a process that was killed never goes on,
 * and one that is paused goes on late.
 */
import { AsyncLocalStorage } from "node:async_hooks";
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

interface Timer {
  atUs: number;
  readonly order: number;
  readonly process: Process | null;
  readonly step: () => void;
  isCancelled: boolean;
}

export function installScheduler(): Scheduler {
  const whose = new AsyncLocalStorage<Process | null>();
  const heap = makeHeap();
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  let nowUs = 0;
  let orders = 0;
  let looks = 0;
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

  function fire(timer: Timer): void {
    const { process, step, isCancelled } = timer;
    if (isCancelled || process?.isDead === true) return;
    if (process !== null && process.pausedUntilUs > nowUs) {
      timer.atUs = process.pausedUntilUs;
      heap.push(timer);
      return;
    }
    whose.run(process, step);
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
        await new Promise((resolve) => setImmediate(resolve)); // all that follows from it
        if (broke !== null) throw broke.error;
      }
    } finally {
      globalThis.process.off("unhandledRejection", unhandled);
    }
  }

  return {
    nowUs: lookAtClock,
    after: (us, process, step) => void schedule(us, process, step),
    as: (process, step) => whose.run(process, step),
    run,
    current,
    uninstall: () => void Object.assign(globalThis, real),
  };
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
