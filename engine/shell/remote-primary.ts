/**
 * The primary over a journal that is waited for: the same step as in `primary.ts`, driven by the event
 * loop, and a frame in time when there is nothing to write. It ends when its journal says that it is
 * not, or may not be, the writer any more; whoever called it then follows again (`standby.ts`).
 *
 * Must never apply or tell what its journal did not call durable. Commands that it took and could not
 * append are left in the ring: whoever sent them is answered by who is the writer then.
 */
import type { Appended } from "./journal/journal.ts";
import type { WriterLease } from "./lease.ts";
import { makeSteps, type StepParts } from "./primary.ts";

export interface RemotePrimaryParts extends StepParts<Promise<Appended>> {
  readonly lease: WriterLease;
  /** Resolves when commands wait, when a stop was asked for, or after that long. */
  wait(timeoutMs: number): Promise<void>;
  isStopAsked(): boolean;
}

export type SteppedDown = Exclude<Appended, { readonly kind: "durable" }>;

const DRAIN_MS_MAX = 5_000;
/** Between two looks at readers that have no room. */
const READER_WAIT_MS = 2;

/** null after a clean stop, which appended all that waited and a checkpoint. */
export async function runRemotePrimary(parts: RemotePrimaryParts): Promise<SteppedDown | null> {
  const { journal, lease, commandRing, monotonicMs, wait, isStopAsked } = parts;
  const steps = makeSteps(parts, 0);

  /** null when it is durable, applied and told. */
  async function commit(count: number): Promise<SteppedDown | null> {
    const beganMs = monotonicMs();
    const appended = await (count === 0 ? journal.appendWatermark() : journal.append(count));
    if (appended.kind !== "durable") return appended;
    lease.confirmed(beganMs);
    if (count > 0) {
      steps.begin(beganMs);
      steps.confirm();
      steps.apply();
    }
    return null;
  }

  async function finish(): Promise<SteppedDown | null> {
    const giveUpMs = monotonicMs() + DRAIN_MS_MAX;
    while (commandRing.available() > 0 && monotonicMs() < giveUpMs) {
      const count = steps.take();
      if (count === 0) await sleep(READER_WAIT_MS);
      const down = count === 0 ? null : await commit(count);
      if (down !== null) return down;
    }
    // Without a reader there is no checkpoint; the journal is whole without one.
    return steps.takeCheckpoint() > 0 ? commit(1) : null;
  }

  while (!isStopAsked()) {
    const count = steps.take();
    if (count === 0) {
      const silenceMs = lease.silenceLeftMs(monotonicMs());
      if (silenceMs > 0) {
        const isHeldBack = commandRing.available() > 0;
        await (isHeldBack ? sleep(READER_WAIT_MS) : wait(steps.idleMs(Math.ceil(silenceMs))));
        continue;
      }
    }
    const down = await commit(count);
    if (down !== null) return down;
  }
  return finish();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
