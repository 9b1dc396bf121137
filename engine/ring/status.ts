/**
 * What a shard says of itself at any moment, in shared memory: its state, its totals, what its
 * journal costs. Written by the shard's thread, read by anyone, without a lock: there are two copies
 * of the totals, the version's lowest bit says which one stands, and the other is written. A reader
 * looks again only when a whole write passed it, so it does not wait for a thread that stopped.
 */

export const ShardState = {
  RECOVERING: 0,
  LIVE: 1,
  DISK_FULL: 2, // live, but the journal has no room for more commands
  STOPPED: 3,
} as const;
export type ShardState = (typeof ShardState)[keyof typeof ShardState];

/** Totals, all from one moment. */
export interface ShardFigures {
  sequence: number;
  tradesTotal: number;
  ordersTotal: number;
  ordersOpen: number;
  /** The journal's position: all below it is durable, and applied. What followers may know. */
  journalBytes: number;
  journalBatches: number;
  /** Time spent in write and sync since the start. */
  journalMs: number;
  recoveredCommands: number;
}

const FIELDS = [
  "sequence",
  "tradesTotal",
  "ordersTotal",
  "ordersOpen",
  "journalBytes",
  "journalBatches",
  "journalMs",
  "recoveredCommands",
] as const satisfies readonly (keyof ShardFigures)[];

/** Upper bounds of the buckets in which appends are counted; one more bucket takes the rest. */
export const APPEND_BUCKETS_MS = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000,
] as const;

const VERSION = 0;
const STATE = 1;
const STOP_ASKED = 2;
const WORDS_BYTES = 64;

export type StatusMemory = SharedArrayBuffer;

export function makeStatusMemory(): StatusMemory {
  return new SharedArrayBuffer(
    WORDS_BYTES + (2 * FIELDS.length + APPEND_BUCKETS_MS.length + 1) * 8,
  );
}

export interface Status {
  state(): ShardState;
  setState(state: ShardState): void;
  askToStop(): void;
  isStopAsked(): boolean;
  /** Only the shard's thread writes. */
  write(figures: ShardFigures): void;
  read(): ShardFigures;
  /** How often totals were written; wraps. */
  writes(): number;
  /** Resolves when they were written since `writes()` was `seen`, or after a while. Blocks nobody. */
  waitForWrite(seen: number, timeoutMs: number): Promise<void>;
  /** Counts one journal append (write and sync) of so long. */
  countAppend(durationMs: number): void;
  /** Appends per bucket of APPEND_BUCKETS_MS, and last those that took longer; each grows for ever. */
  appends(): readonly number[];
}

export function openStatus(memory: StatusMemory): Status {
  const words = new Int32Array(memory, 0, WORDS_BYTES / 4);
  const values = new Float64Array(memory, WORDS_BYTES, 2 * FIELDS.length);
  const buckets = new Float64Array(memory, WORDS_BYTES + 2 * FIELDS.length * 8);
  const copyOf = (version: number): number => (version & 1) * FIELDS.length;
  return {
    state: () => Atomics.load(words, STATE) as ShardState,
    setState: (state) => void Atomics.store(words, STATE, state),
    askToStop: () => void Atomics.store(words, STOP_ASKED, 1),
    isStopAsked: () => Atomics.load(words, STOP_ASKED) === 1,
    write: (figures) => {
      const at = copyOf(Atomics.load(words, VERSION) + 1);
      for (let i = 0; i < FIELDS.length; i++) values[at + i] = figures[FIELDS[i]!];
      Atomics.add(words, VERSION, 1);
      Atomics.notify(words, VERSION);
    },
    read: () => {
      const figures = {} as ShardFigures;
      for (;;) {
        const version = Atomics.load(words, VERSION);
        const at = copyOf(version);
        for (let i = 0; i < FIELDS.length; i++) figures[FIELDS[i]!] = values[at + i]!;
        // Added to, not loaded: what was read above then stands before it in every order.
        if (Atomics.add(words, VERSION, 0) === version) return figures;
      }
    },
    writes: () => Atomics.load(words, VERSION),
    waitForWrite: async (seen, timeoutMs) => {
      await Atomics.waitAsync(words, VERSION, seen, timeoutMs).value;
    },
    countAppend: (durationMs) => {
      let bucket = 0;
      while (bucket < APPEND_BUCKETS_MS.length && durationMs > APPEND_BUCKETS_MS[bucket]!) bucket++;
      buckets[bucket]! += 1;
    },
    appends: () => [...buckets],
  };
}
