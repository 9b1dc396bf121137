/**
 * The files of a shard that runs in this process, for followers in other threads: they read as far as
 * the shard's status says, and wake when it says more.
 */
import type { Status } from "../../ring/status.ts";
import { nodeFiles } from "./file-ops.ts";
import { openFileReader } from "./file-reader.ts";
import type { JournalReader } from "./journal.ts";

/** In case a wake-up is lost with the thread that owed it. */
const LOOK_AGAIN_MS = 250;

export interface LiveJournal extends JournalReader {
  /** The position up to which it may be read; 0 while the shard recovers. */
  durable(): number;
}

export function openLiveReader(directory: string, shard: number, status: Status): LiveJournal {
  let seen = 0;

  function durable(): number {
    seen = status.writes(); // before the look, so that what is written after it ends the wait
    return status.read().journalBytes;
  }

  async function wait(signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) return;
    await Promise.race([status.waitForWrite(seen, LOOK_AGAIN_MS), stopped.promise]);
    signal.removeEventListener("abort", stop);
  }

  return { ...openFileReader({ files: nodeFiles, directory, shard, durable, wait }), durable };
}
