/**
 * The journal on files as its followers know it: frames from any place on, and never one that is not
 * durable yet. Reads with descriptors of its own; the owner does not notice.
 */
import type { FileOps } from "./file-ops.ts";
import type { JournalFrame, JournalPlace, JournalReader } from "./journal.ts";
import { readJournal } from "./read.ts";
import { damaged, placeOf } from "./segments.ts";

export interface FileReaderOptions {
  readonly files: FileOps;
  readonly directory: string;
  /** null: whichever shard the first frame names. */
  readonly shard: number | null;
  /** What the owner has published as durable; Infinity where there is no owner. */
  durable(): number;
  /** Resolves when there may be more, or after a while, or at once when `signal` was given. */
  wait(signal: AbortSignal): Promise<void>;
}

export function openFileReader(options: FileReaderOptions): JournalReader {
  const { files, directory, shard, durable, wait } = options;

  async function* read(from: JournalPlace): AsyncGenerator<JournalFrame, void> {
    const until = durable();
    const end = yield* readJournal(files, directory, shard, from, until);
    if (until === Infinity || end.position >= until) return;
    throw damaged(
      `${placeOf(end.position, end.segmentBytes)}, where sequence ${end.nextSequence} should be, ` +
        "was durable and is not there any more",
      directory,
    );
  }

  async function* tail(
    from: JournalPlace,
    signal: AbortSignal,
  ): AsyncGenerator<JournalFrame, void> {
    let place = from;
    while (!signal.aborted) {
      if (durable() > place.position) {
        for await (const frame of read(place)) {
          yield frame;
          ({ place } = frame);
          if (signal.aborted) return;
        }
      }
      await wait(signal);
    }
  }

  return { read, tail };
}
