/**
 * The journal as the primary knows it: the durable list of commands, the truth. Behind it are
 * segment files (`file.ts`); a cluster puts a broker there. Nothing of either leaks through.
 *
 * The primary writes its commands into `batch` and appends them as one:
 * when `append` returns they are durable, and when it throws the shard must stop, for nobody knows
 * what a disk did that failed once.
 */
import type { Commands } from "../../core/command.ts";

/** Whether another batch can be taken. */
export const Room = {
  YES: 0,
  SOON: 1, // more is being prepared
  NONE: 2, // the disk is full; it is tried again
} as const;
export type Room = (typeof Room)[keyof typeof Room];

export interface Journal {
  /** Names this journal for ever; a wiped directory gets another. 32 hex digits. */
  readonly id: string;
  /** Where the commands of the next append are to be put, from index 0. */
  readonly batch: Commands;
  /** The sequence the next appended command must carry. */
  nextSequence(): number;
  /** Whether `count` commands fit now. */
  room(count: number): Room;
  /** Whether one last command and a watermark fit: room is kept for them when all else is full. */
  hasRoomToClose(): boolean;
  /** Blocks a little while more room is being prepared. */
  waitForRoom(timeoutMs: number): void;
  /**
   * Makes the first `count` commands of `batch` durable; they begin with sequence `nextSequence()`.
   * Throws ShellError JOURNAL_WRITE_FAILED; the shard then stops, and nothing of the batch counts.
   */
  append(count: number): void;
  /** Whether the last append is not yet covered by a later frame. */
  isUncovered(): boolean;
  /** Covers it: an empty frame that says what was durable before. Throws as `append`. */
  appendWatermark(): void;
  /** Bytes appended, ever; grows by every append. */
  position(): number;
  close(): void;
}
