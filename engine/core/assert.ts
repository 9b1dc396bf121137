/**
 * Broken state is our bug and stops the shard: the one place in the core that throws. Never used
 * for input, which gets a code. Stays on in production.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
