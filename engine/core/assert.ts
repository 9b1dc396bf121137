/**
 * The one place in the core that throws. Broken state is our bug and stops the shard; never used for
 * input, which gets a code. Stays on in production.
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) broken(message);
}

/**
 * What `assert` does when its condition is not met, for places every command comes by: a condition that is
 * handed over is worked out and kept, one that is only branched on costs its comparison.
 */
export function broken(message: string): never {
  throw new Error(`assertion failed: ${message}`);
}

/** Why a snapshot was refused: the one thing from outside that is not a command. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/** Refuses a snapshot, in words, before anybody uses the shard it was being loaded into. */
export function insist(condition: boolean, message: string): asserts condition {
  if (!condition) throw new SnapshotError(message);
}

/** Runs a step of loading; whatever breaks in it is the snapshot's damage. */
export function loading(step: () => void, message: string): void {
  try {
    step();
  } catch (error) {
    if (error instanceof SnapshotError) throw error;
    throw new SnapshotError(message, { cause: error });
  }
}
