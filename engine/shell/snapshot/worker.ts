/**
 * The thread that takes one snapshot and ends. It follows the shard's journal as far as the shard's
 * status says; nothing else of the shard's is touched.
 */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { openStatus, type StatusMemory } from "../../ring/status.ts";
import { asShellError } from "../errors.ts";
import { openLiveReader } from "../journal/live-reader.ts";
import type { Taken } from "./take.ts";
import { type TakerSettings, takeNext } from "./taker.ts";

export interface TakerWorkerData {
  readonly settings: TakerSettings;
  readonly status: StatusMemory;
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

const { settings, status, newCommandsMin, isBeside } = workerData as TakerWorkerData;
const tell = (message: TakerMessage): void => parentPort!.postMessage(message);

// On Linux a priority is a thread's own: where processors are short, the shard goes first.
if (isBeside && process.platform === "linux") setPriority(LOWER);

const journal = openLiveReader(settings.journalDirectory, settings.shard, openStatus(status));
takeNext(settings, journal, newCommandsMin, (words) => tell({ kind: "warn", words })).then(
  (taken) => tell({ kind: "taken", taken }),
  (error: unknown) => {
    const { code, message } = asShellError(error);
    tell({ kind: "failed", code, reason: message });
  },
);
