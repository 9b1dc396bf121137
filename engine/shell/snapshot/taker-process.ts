/**
 * The process that takes one snapshot and ends. It reads the journal as far as it is told that it is
 * durable; nothing of the shard's is touched. Without its parent it ends at once: what it has begun is
 * then tidied away by the next one.
 */
import { setPriority } from "node:os";
import { asShellError } from "../errors.ts";
import { type JournalAt, openSource } from "./source.ts";
import type { Taken } from "./take.ts";
import { type TakerSettings, takeNext } from "./taker.ts";

/** The one thing it is told. */
export interface TakerOrder {
  readonly settings: TakerSettings;
  readonly journal: JournalAt;
  readonly newCommandsMin: number;
  /** A shard runs, and goes first; else somebody waits for this. */
  readonly isBeside: boolean;
}

export type TakerMessage =
  | { readonly kind: "warn"; readonly words: string }
  | { readonly kind: "taken"; readonly taken: Taken | null }
  | { readonly kind: "failed"; readonly code: string; readonly reason: string };

/** About a tenth of a processor where all want one; the least there is would never come to an end. */
const LOWER = 10;

const tell = (message: TakerMessage): void => void process.send!(message);

async function take({ settings, journal, newCommandsMin, isBeside }: TakerOrder): Promise<void> {
  if (isBeside) setPriority(LOWER);
  try {
    const source = await openSource(journal, settings.shard);
    const warn = (words: string): void => tell({ kind: "warn", words });
    tell({ kind: "taken", taken: await takeNext(settings, source, newCommandsMin, warn) });
  } catch (error) {
    const { code, message } = asShellError(error);
    tell({ kind: "failed", code, reason: message });
  }
}

process.on("disconnect", () => process.exit());
process.once("message", (order) => void take(order as TakerOrder));
