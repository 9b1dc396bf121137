/**
 * Which instrument's next row is sent next: of those with nothing in flight, the one with the most
 * rows left. An instrument has at most one row in flight, so the one with the most rows decides how
 * long the whole takes; it must never wait for another.
 */
export interface Schedule {
  /** The instrument whose next row shall be sent, or -1 when none can be now. */
  next(): number;
  /** The row of this instrument is done. */
  done(instrument: number): void;
  inFlight(): number;
}

/** `rowCounts[i]`: how many rows instrument i has. */
export function makeSchedule(rowCounts: readonly number[], inFlightMax: number): Schedule {
  const left = Int32Array.from(rowCounts);
  const heap: number[] = []; // the idle instruments with rows left, most rows on top
  let inFlight = 0;
  rowCounts.forEach((count, instrument) => {
    if (count > 0) push(instrument);
  });

  /** More rows first; of as many, the one that stands first in the file. */
  function isBefore(a: number, b: number): boolean {
    return left[a] === left[b] ? a < b : left[a]! > left[b]!;
  }

  function push(instrument: number): void {
    let at = heap.push(instrument) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(instrument, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = instrument;
  }

  function pop(): number {
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return top;
  }

  return {
    next() {
      if (heap.length === 0 || inFlight === inFlightMax) return -1;
      inFlight++;
      return pop();
    },
    done(instrument) {
      inFlight--;
      left[instrument]!--;
      if (left[instrument]! > 0) push(instrument);
    },
    inFlight: () => inFlight,
  };
}
