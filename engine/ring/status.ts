/**
 * What a shard says of itself at any moment, in shared memory: its state, its totals, what its
 * journal costs. Written by the shard's thread, read by anyone, without a lock: a reader looks again
 * when the shard was just writing.
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

const VERSION = 0;
const STATE = 1;
const STOP_ASKED = 2;
const WORDS_BYTES = 64;

export type StatusMemory = SharedArrayBuffer;

export function makeStatusMemory(): StatusMemory {
  return new SharedArrayBuffer(WORDS_BYTES + FIELDS.length * 8);
}

export interface Status {
  state(): ShardState;
  setState(state: ShardState): void;
  askToStop(): void;
  isStopAsked(): boolean;
  /** Only the shard's thread writes. */
  write(figures: ShardFigures): void;
  read(): ShardFigures;
}

export function openStatus(memory: StatusMemory): Status {
  const words = new Int32Array(memory, 0, WORDS_BYTES / 4);
  const values = new Float64Array(memory, WORDS_BYTES, FIELDS.length);
  return {
    state: () => Atomics.load(words, STATE) as ShardState,
    setState: (state) => void Atomics.store(words, STATE, state),
    askToStop: () => void Atomics.store(words, STOP_ASKED, 1),
    isStopAsked: () => Atomics.load(words, STOP_ASKED) === 1,
    write: (figures) => {
      Atomics.add(words, VERSION, 1); // odd: being written
      for (let i = 0; i < FIELDS.length; i++) values[i] = figures[FIELDS[i]!];
      Atomics.add(words, VERSION, 1);
    },
    read: () => {
      const figures = {} as ShardFigures;
      for (;;) {
        const before = Atomics.load(words, VERSION);
        for (let i = 0; i < FIELDS.length; i++) figures[FIELDS[i]!] = values[i]!;
        if ((before & 1) === 0 && Atomics.load(words, VERSION) === before) return figures;
      }
    },
  };
}
