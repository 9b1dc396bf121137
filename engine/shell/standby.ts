/**
 * A standby: follows the journal, and after a whole lease without a frame claims to be its writer.
 * It has taken over when it reads its own claim and finds that it counts; until then it only follows.
 * A writer that stepped down becomes one again, from the place its state has reached.
 *
 * Must never speak before its claim is read, and never apply what does not count: the journal sees to
 * both, because all it does is read.
 */
import { FrameKind } from "./journal/frame.ts";
import type {
  Appended,
  ClaimableJournal,
  JournalFrame,
  JournalPlace,
  RemoteJournal,
} from "./journal/journal.ts";
import { makeSilence, makeWriterLease, type WriterLease } from "./lease.ts";

export interface StandbyOptions {
  readonly journal: ClaimableJournal;
  /** The place its state has reached. */
  readonly from: JournalPlace;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
  monotonicMs(): number;
  /** Each frame that counts, in order; its bytes are reused for the next. Blocks. */
  apply(frame: JournalFrame): void;
  /** A claim was tried: for the log. */
  tried?(claimed: Appended): void;
}

export interface TakenOver {
  readonly writer: RemoteJournal;
  readonly lease: WriterLease;
  /** Right behind the claim that stands. */
  readonly place: JournalPlace;
}

/** null when `signal` came first. Throws ShellError when the journal cannot be followed. */
export async function standBy(options: StandbyOptions): Promise<TakenOver | null> {
  const { journal, leaseMs, monotonicMs, apply } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const silence = makeSilence(leaseMs, monotonicMs());
  let place = options.from;
  let triedMs = monotonicMs();
  let timer: NodeJS.Timeout | undefined;

  function claimWhenSilent(): void {
    if (signal.aborted) return;
    const leftMs = silence.leftMs(monotonicMs());
    if (leftMs <= 0) void claim();
    else timer = setTimeout(claimWhenSilent, Math.ceil(leftMs));
  }

  async function claim(): Promise<void> {
    triedMs = monotonicMs();
    const claimed = await journal.claim(place);
    silence.broken(monotonicMs()); // whoever was first: it has a lease to say something
    if (!signal.aborted) options.tried?.(claimed);
    claimWhenSilent();
  }

  claimWhenSilent();
  try {
    for await (const frame of journal.tail(place, signal)) {
      apply(frame);
      silence.broken(monotonicMs());
      ({ place } = frame);
      const isOurs =
        frame.header.kind === FrameKind.CLAIM && place.writerId.equals(journal.writerId);
      if (isOurs) {
        const lease = makeWriterLease(leaseMs, triedMs);
        return { writer: journal.openWriter(place), lease, place };
      }
    }
    return null;
  } finally {
    stop.abort();
    clearTimeout(timer);
  }
}
