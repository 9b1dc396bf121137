/**
 * The lines of the ids a shard remembers: from the hash of a key to the slots that may have it. They know
 * nothing of keys; whoever is given a slot compares. One cache line each:
 *
 * ```
 * line   1 word:  displaced << 4 | count   ids that belong here or before and stand in a later line
 *        3 words: twelve tags, a byte each: eight bits of a key's hash
 *       12 words: their slots              in use from the front, the others 0
 * ```
 *
 * so that almost always one line tells whether an id is known, without looking at any row. All tags of
 * a line are compared at once: there is no loop whose end would be guessed wrong.
 */
import { assert as assertion } from "./assert.ts";
import { CACHE_ALIGN_BYTES, SLOTS_MAX } from "./orders.ts";

const assert: typeof assertion = assertion;
const ALIGN_BYTES = CACHE_ALIGN_BYTES;
const { clz32 } = Math;
const LINE_WORDS = 16;
const LINE_SHIFT = 4;

/** Of a line's first word: how many slots are in use; above it how many ids stand in a later line. */
const COUNT_MASK = LINE_WORDS - 1;
const DISPLACED = LINE_WORDS;
const TAGS = 1;
const TAG_BYTES = 4 * TAGS;
const SLOTS = 4;
const SLOTS_PER_LINE = LINE_WORDS - SLOTS;
const LINE_BYTES = 64;

/** Of the twelve there is room for: how full lines are when the table is. */
const KEYS_PER_LINE = 9;

/** So that the compiler knows the range of a line's words. */
const LINES_MAX = 2 ** 21;
const LINE_MASK = LINES_MAX - 1;
assert(SLOTS_MAX / KEYS_PER_LINE < LINES_MAX, "there is a line for every slot");

export interface IdLines {
  readonly words: Int32Array;
  /** Where the line of a hash begins, and the one after a line. */
  lineAt(h: number): number;
  after(line: number): number;
  /** Whether ids of this line or one before it stand in a later one. */
  goesOn(line: number): boolean;
  /** Which entries of a line have this tag, a bit each; 0: none. One that is not in use may be among them. */
  tagged(line: number, tag: number): number;
  /** The slot of the first of them; 0 of one that is not in use. */
  slotIn(line: number, found: number): number;
  insert(slot: number, h: number): void;
  /** Takes out a slot that is there. */
  remove(slot: number, h: number): void;
}

const EACH_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/**
 * Which bytes of three words are zero: bit 8b + w for byte b of word w. A byte of one above a zero may
 * be told as zero, too: whoever asks looks at the slot.
 */
const zeroBytes = (a: number, b: number, c: number): number => {
  const inA = (a - EACH_BYTE) & ~a & HIGH_BITS;
  const inB = (b - EACH_BYTE) & ~b & HIGH_BITS;
  const inC = (c - EACH_BYTE) & ~c & HIGH_BITS;
  return (inA >>> 7) | (inB >>> 6) | (inC >>> 5);
};

/** The first of what `zeroBytes` found, as the number of a byte. */
const firstOf = (found: number): number => {
  const bit = 31 - clz32(found & -found);
  return ((bit & 3) << 2) | (bit >> 3);
};

/** Lines for `capacity` slots. */
export function makeIdLines(capacity: number): IdLines {
  const lineCount = Math.ceil(Math.max(capacity / KEYS_PER_LINE, 1));
  const buffer = new ArrayBuffer((lineCount + 1) * LINE_BYTES);
  const words = new Int32Array(buffer, ALIGN_BYTES, lineCount * LINE_WORDS);
  const tags = new Uint8Array(buffer, ALIGN_BYTES, lineCount * LINE_BYTES);
  const share = lineCount / 2 ** 28;

  /** The line of a hash: its upper 28 bits, scaled to how many there are. */
  const lineAt = (h: number): number => (((h >>> 4) * share) & LINE_MASK) << LINE_SHIFT;

  const after = (line: number): number =>
    line + LINE_WORDS === words.length ? 0 : (line + LINE_WORDS) | 0;

  const goesOn = (line: number): boolean => words[line]! > COUNT_MASK;

  function tagged(line: number, tag: number): number {
    const table = words;
    const all = Math.imul(tag, EACH_BYTE);
    return zeroBytes(
      table[line + TAGS]! ^ all,
      table[line + TAGS + 1]! ^ all,
      table[line + TAGS + 2]! ^ all,
    );
  }

  function slotIn(line: number, found: number): number {
    return words[line + SLOTS + firstOf(found)]!;
  }

  /** Into a line that has room. */
  function put(line: number, slot: number, h: number): void {
    const head = words[line]!;
    const entry = head & COUNT_MASK;
    words[line] = head + 1;
    words[line + SLOTS + entry] = slot;
    tags[line * 4 + TAG_BYTES + entry] = h;
  }

  function insert(slot: number, h: number): void {
    const first = lineAt(h);
    if ((words[first]! & COUNT_MASK) < SLOTS_PER_LINE) put(first, slot, h);
    else insertLater(first, slot, h);
  }

  function insertLater(first: number, slot: number, h: number): void {
    let line = first;
    while ((words[line]! & COUNT_MASK) === SLOTS_PER_LINE) {
      words[line] = words[line]! + DISPLACED;
      line = after(line);
    }
    put(line, slot, h);
  }

  /** Where in a line a slot is, or -1. */
  function entryOf(line: number, slot: number, tag: number): number {
    for (let found = tagged(line, tag); found !== 0; found &= found - 1) {
      const entry = firstOf(found);
      if (words[line + SLOTS + entry] === slot) return entry;
    }
    return -1;
  }

  /** Out of a line, if it is there; the last one takes its place. */
  function takeOut(line: number, slot: number, h: number): boolean {
    const entry = entryOf(line, slot, h & 255);
    if (entry < 0) return false;
    const head = words[line]!;
    const last = (head & COUNT_MASK) - 1;
    words[line + SLOTS + entry] = words[line + SLOTS + last]!;
    tags[line * 4 + TAG_BYTES + entry] = tags[line * 4 + TAG_BYTES + last]!;
    words[line + SLOTS + last] = 0;
    words[line] = head - 1;
    return true;
  }

  function remove(slot: number, h: number): void {
    const first = lineAt(h);
    if (!takeOut(first, slot, h)) removeLater(first, slot, h);
  }

  function removeLater(first: number, slot: number, h: number): void {
    let line = first;
    do {
      assert(goesOn(line), "a remembered id stands in its line or a later one");
      words[line] = words[line]! - DISPLACED;
      line = after(line);
    } while (!takeOut(line, slot, h));
  }

  return { words, lineAt, after, goesOn, tagged, slotIn, insert, remove };
}
