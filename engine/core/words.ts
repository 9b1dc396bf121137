/**
 * Small arrays that hot functions read and write. V8 keeps an array of 64 bytes or less inside its heap, where
 * it may move, so that each access looks up its address; one over a buffer of its own stays where it is.
 */

/** The smallest power of two that is `count` or more: with it less one as a mask, an index is in range. */
export const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(count, 2)));

/** `count` zeroed words. */
export const makeWords = (count: number): Int32Array => new Int32Array(new ArrayBuffer(4 * count));

/** `count` zeroed doubles. */
export const makeDoubles = (count: number): Float64Array =>
  new Float64Array(new ArrayBuffer(8 * count));
