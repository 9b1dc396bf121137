/**
 * The newest chunks of a match stream, kept for all its readers, bounded by what they weigh. What
 * falls out at the old end is in the journal, and only there.
 *
 * Chunks are counted, from 0, for as long as the window lives; a reader keeps a count.
 */
import type { Chunk } from "./encode.ts";

export interface Window {
  push(chunk: Chunk): void;
  /** The chunk of that count; undefined when it has fallen out, or is still to come. */
  at(count: number): Chunk | undefined;
  /** Whether the chunk of that count has fallen out. */
  hasDropped(count: number): boolean;
  /** The count of the chunk to come. */
  end(): number;
  /** The oldest command in it, and the first that is not yet. */
  firstSequence(): number;
  nextSequence(): number;
  /** Whether what comes after a command will stay for a while: it is in the newer half. */
  isFresh(sequence: number): boolean;
  /** The count of the chunk that covers a command; -1 when none does. */
  find(sequence: number): number;
}

/** What keeping a chunk costs besides its bytes. */
const CHUNK_COST_BYTES = 256;
const GONE: Chunk = { firstSequence: 0, nextSequence: 0, message: Buffer.alloc(0) };

export function makeWindow(firstSequence: number, bytesMax: number): Window {
  let chunks: Chunk[] = [];
  let oldest = 0; // of those in `chunks`, the first that still counts
  let dropped = 0; // before chunks[0]
  let bytes = 0;
  let next = firstSequence;

  function firstOf(): number {
    return chunks[oldest]?.firstSequence ?? next;
  }

  return {
    push: (chunk) => {
      if (chunk.firstSequence !== next) throw new Error(`the chunk from ${next} on is missing`);
      chunks.push(chunk);
      next = chunk.nextSequence;
      bytes += chunk.message.length + CHUNK_COST_BYTES;
      while (bytes > bytesMax && oldest < chunks.length - 1) {
        bytes -= chunks[oldest]!.message.length + CHUNK_COST_BYTES;
        chunks[oldest++] = GONE;
      }
      if (oldest < 1_024 || oldest < chunks.length / 2) return;
      dropped += oldest;
      chunks = chunks.slice(oldest);
      oldest = 0;
    },
    at: (count) => (count < dropped + oldest ? undefined : chunks[count - dropped]),
    hasDropped: (count) => count < dropped + oldest,
    end: () => dropped + chunks.length,
    firstSequence: firstOf,
    nextSequence: () => next,
    isFresh: (sequence) => sequence >= firstOf() + (next - firstOf()) / 2,
    find: (sequence) => {
      if (sequence < firstOf() || sequence >= next) return -1;
      let low = oldest;
      let high = chunks.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (chunks[middle]!.firstSequence <= sequence) low = middle;
        else high = middle - 1;
      }
      return dropped + low;
    },
  };
}
