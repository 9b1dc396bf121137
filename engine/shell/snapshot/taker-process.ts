/**
 * The process that takes one snapshot and ends (`taker-process.mjs` is its first file). It reads the journal as
 * far as it is told that it is durable; nothing of the shard's is touched. Without its parent it ends at once:
 * what it has begun is then tidied away by the next one.
 */
import { asShellError } from "../errors.ts";
import { nodeFiles } from "../journal/file-ops.ts";
import type { Program } from "../thread.ts";
import { NO_PACE, type Pace, pacedFiles, threadPace } from "./pace.ts";
import { type JournalAt, openSource } from "./source.ts";
import type { Taken } from "./take.ts";
import { type TakerSettings, takeNext } from "./taker.ts";

/** What it is to do. */
export interface TakerOrder {
  readonly settings: TakerSettings;
  readonly journal: JournalAt;
  readonly newCommandsMin: number;
  /** A shard runs, and goes first; else somebody waits for this. */
  readonly isBeside: boolean;
}

/** The one thing it is told: that, and what to do it with. */
export interface TakerTold {
  readonly program: Program;
  readonly order: TakerOrder;
}

export type TakerMessage =
  | { readonly kind: "warn"; readonly words: string }
  | { readonly kind: "taken"; readonly taken: Taken | null }
  | { readonly kind: "failed"; readonly code: string; readonly reason: string };

/** To who may have ended meanwhile: then nobody wants to know. */
const tell = (message: TakerMessage): void =>
  void process.send!(message, undefined, undefined, () => {});

export async function take(order: TakerOrder): Promise<void> {
  const { settings, journal, newCommandsMin, isBeside } = order;
  const pace = isBeside ? paceBesideShard() : NO_PACE;
  try {
    const source = await openSource(pacedFiles(nodeFiles, pace), journal, settings.shard);
    const warn = (words: string): void => tell({ kind: "warn", words });
    tell({
      kind: "taken",
      taken: await takeNext({ settings, source, newCommandsMin, pace, warn }),
    });
  } catch (error) {
    const { code, message } = asShellError(error);
    tell({ kind: "failed", code, reason: message });
  }
}

/** Who blocks does not hear that the parent has ended, but gets another parent. */
function paceBesideShard(): Pace {
  const parent = process.ppid;
  return threadPace(() => {
    if (process.ppid !== parent) process.exit();
  });
}
