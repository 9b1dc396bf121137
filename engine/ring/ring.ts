/**
 * A broadcast ring of fixed-size records in shared memory: one producer, a cursor per consumer.
 * Owns the memory's layout and the protocol of sleeping and waking; knows nothing of what a record
 * means. Commands go into a shard through one, events come out through another.
 *
 * ```
 * control words, each alone on its cache line (16 words of int32)
 *   line 0            head: records published, ever (wraps at 2^32)
 *   line 1            producerWaits: 1 while the producer sleeps for room
 *   line 2 + 2c       tail of consumer c: records it is done with
 *   line 3 + 2c       sleeping: 1 while consumer c wants to be woken; it sleeps on this word
 * records, `slots` of `recordBytes`, slot = count & (slots - 1); then `spareSlots` of the producer's own
 * ```
 *
 * Counts wrap; differences are taken modulo 2^32, so a ring never needs a reset.
 */

const WORDS_PER_LINE = 16;
const HEAD = 0;
const PRODUCER_WAITS = WORDS_PER_LINE;
const tailWord = (consumer: number): number => (2 + 2 * consumer) * WORDS_PER_LINE;
const sleepingWord = (consumer: number): number => (3 + 2 * consumer) * WORDS_PER_LINE;

/** What two threads share; passes through `workerData` as it is. */
export interface Ring {
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
  readonly recordBytes: number;
  readonly consumers: number;
  /** Behind the last slot: what runs over the end is written in one piece, then moved to the front. */
  readonly spareSlots: number;
  /** Byte offset of record 0 in `memory`, a multiple of 64. */
  readonly recordsAt: number;
}

/** `slots` is a power of two of at most 2^30, `recordBytes` a multiple of 8. */
export function makeRing(slots: number, recordBytes: number, consumers = 1, spareSlots = 0): Ring {
  const isPowerOfTwo = slots > 0 && slots <= 2 ** 30 && (slots & (slots - 1)) === 0;
  if (!isPowerOfTwo || recordBytes % 8 !== 0) throw new Error("ring: slots or record size is off");
  const recordsAt = (2 + 2 * consumers) * WORDS_PER_LINE * 4;
  const memory = new SharedArrayBuffer(recordsAt + (slots + spareSlots) * recordBytes);
  const words = new Int32Array(memory, 0, recordsAt / 4);
  for (let consumer = 0; consumer < consumers; consumer++) words[sleepingWord(consumer)] = 1;
  return { memory, slots, recordBytes, consumers, spareSlots, recordsAt };
}

export interface Producer {
  /** Records that fit before the slowest consumer must move. */
  room(): number;
  /** Slot of the `ahead`-th record not yet published. */
  slot(ahead: number): number;
  /** Makes the next `count` records visible to every consumer. Wakes nobody. */
  publish(count: number): void;
  /** Wakes consumers that sleep in `Consumer.waitForRecords`. */
  wake(): void;
  /** True once per sleep of `consumer`: the caller then wakes it by its own means. */
  takeSleeper(consumer: number): boolean;
  /** Blocks until `count` records fit, or the time is over. Never on a main thread. */
  waitForRoom(count: number, timeoutMs: number): boolean;
}

export function openProducer(ring: Ring): Producer {
  const words = new Int32Array(ring.memory, 0, ring.recordsAt / 4);
  const { slots, consumers } = ring;
  const mask = slots - 1;

  function slowest(): number {
    const head = Atomics.load(words, HEAD);
    let behind = 0;
    let word = tailWord(0);
    for (let consumer = 0; consumer < consumers; consumer++) {
      const lag = (head - Atomics.load(words, tailWord(consumer))) | 0;
      if (lag > behind) {
        behind = lag;
        word = tailWord(consumer);
      }
    }
    return word;
  }

  function room(): number {
    return slots - ((Atomics.load(words, HEAD) - Atomics.load(words, slowest())) | 0);
  }

  return {
    room,
    slot: (ahead) => (words[HEAD]! + ahead) & mask, // nobody else writes it
    publish: (count) => void Atomics.add(words, HEAD, count),
    wake: () => {
      for (let consumer = 0; consumer < consumers; consumer++) {
        const word = sleepingWord(consumer);
        if (Atomics.exchange(words, word, 0) === 1) Atomics.notify(words, word);
      }
    },
    takeSleeper: (consumer) => Atomics.exchange(words, sleepingWord(consumer), 0) === 1,
    waitForRoom: (count, timeoutMs) => {
      if (room() >= count) return true;
      Atomics.store(words, PRODUCER_WAITS, 1);
      const word = slowest();
      const seen = Atomics.load(words, word);
      // Looked at again after the flag stands: a consumer that moved before it will not notify.
      if (room() < count) Atomics.wait(words, word, seen, timeoutMs);
      Atomics.store(words, PRODUCER_WAITS, 0);
      return room() >= count;
    },
  };
}

export interface Consumer {
  /** Records published and not yet given back. */
  available(): number;
  /** Slot of the `ahead`-th record not yet given back. */
  slot(ahead: number): number;
  /** Gives `count` records back to the producer: their slots may be overwritten from here on. */
  advance(count: number): void;
  /**
   * Says that this consumer wants to be woken; false, and awake again, when something is there.
   * For a thread that may not block.
   */
  fallAsleep(): boolean;
  /**
   * Spins a little, then blocks until there is a record, somebody wakes it or the time is over. It does
   * not block when `isCalledOff` says so, asked once it counts as asleep: whoever makes that true and
   * then wakes is not slept through. Never on a main thread.
   */
  waitForRecords(spins: number, timeoutMs: number, isCalledOff?: () => boolean): boolean;
}

export function openConsumer(ring: Ring, consumer: number): Consumer {
  const words = new Int32Array(ring.memory, 0, ring.recordsAt / 4);
  const mask = ring.slots - 1;
  const tail = tailWord(consumer);
  const sleeping = sleepingWord(consumer);

  function available(): number {
    return (Atomics.load(words, HEAD) - Atomics.load(words, tail)) | 0;
  }

  function fallAsleep(): boolean {
    Atomics.store(words, sleeping, 1);
    if (available() === 0) return true;
    Atomics.store(words, sleeping, 0);
    return false;
  }

  return {
    available,
    slot: (ahead) => (words[tail]! + ahead) & mask, // nobody else writes it
    advance: (count) => {
      Atomics.add(words, tail, count);
      if (Atomics.load(words, PRODUCER_WAITS) === 1) Atomics.notify(words, tail);
    },
    fallAsleep,
    waitForRecords: (spins, timeoutMs, isCalledOff) => {
      for (let spin = 0; spin < spins; spin++) if (available() > 0) return true;
      if (!fallAsleep()) return true;
      // Who publishes from here on finds the word at 1, sets it to 0, and `wait` sees that.
      if (isCalledOff?.() !== true) Atomics.wait(words, sleeping, 1, timeoutMs);
      Atomics.store(words, sleeping, 0);
      return available() > 0;
    },
  };
}
