/**
 * The journal as everybody knows it: the durable list of commands, the truth. Behind it are segment
 * files (`file.ts`) or a broker (`kafka/`); nothing of either leaks through.
 *
 * The primary is its one writer: it puts commands into `batch` and appends them as one. On files
 * `append` blocks until they are durable, and what it throws stops the shard, for nobody knows what
 * a disk did that failed once. A broker is waited for, and answers one of four things (`Appended`).
 * Followers read frames from a place on, and know at each frame where they stand.
 */
import type { Commands } from "../../core/command.ts";
import type { Unfilled } from "../batch.ts";
import type { FrameHeader } from "./frame.ts";

/** A place between two frames, with all that is needed to judge the frame that follows. */
export interface JournalPlace {
  /** null: no frame was ever written. */
  readonly journalId: Buffer | null;
  /** Where the next frame goes: in bytes on files, in records at a broker. */
  readonly position: number;
  readonly nextSequence: number;
  /** SHA-256 of the last frame before this place that held commands or covered some. */
  readonly previousHash: Buffer;
  /** Who may write here: on files whoever owns the directory, at a broker whose claim stands. */
  readonly term: number;
  readonly writerId: Buffer;
}

export const JOURNAL_START: JournalPlace = {
  journalId: null,
  position: 0,
  nextSequence: 1,
  previousHash: Buffer.alloc(32),
  term: 0,
  writerId: Buffer.alloc(16),
};

/** A frame that counts. `bytes` are those of the next frame as soon as it is asked for. */
export interface JournalFrame {
  readonly header: FrameHeader;
  /** Header and payload; the payload stands where a view of commands may be laid over it. */
  readonly bytes: Buffer;
  /** Where the journal goes on behind it. */
  readonly place: JournalPlace;
}

/** A journal as its followers know it. */
export interface JournalReader {
  /** The frames from `from` on, up to the end as it is known now; a broker may know a little late. */
  read(from: JournalPlace): AsyncIterable<JournalFrame>;
  /**
   * The same, and at the end it waits for more, until `signal` says stop; then it just ends. Broken
   * connections are its own affair; it throws ShellError when the journal cannot be followed.
   */
  tail(from: JournalPlace, signal: AbortSignal): AsyncIterable<JournalFrame>;
}

/** The oldest record of a journal at a broker that is still there. */
export interface JournalBeginning {
  /** null: nothing was ever written. */
  readonly journalId: Buffer | null;
  /** 0: the journal is whole. */
  readonly position: number;
}

/** A journal that several may want to write: a broker's. */
export interface ClaimableJournal extends JournalReader {
  /** Throws ShellError JOURNAL_UNAVAILABLE when no broker answers. */
  beginning(): Promise<JournalBeginning>;
  /** Who speaks: all claims and frames of this process carry it. */
  readonly writerId: Buffer;
  /**
   * Appends the claim to be the writer from there on, in the term behind that of `place`. "durable"
   * says that it lies in the journal; whether it counts is known to who reads as far as that, and is
   * then given the frame (`header.kind` CLAIM, `header.writerId` its own).
   */
  claim(place: JournalPlace): Promise<Appended>;
  /** The writer, for who has read its own claim and finds it standing at `place`. */
  openWriter(place: JournalPlace): RemoteJournal;
  /** What a verified snapshot covers may go, as far as the setting for keeping it allows. */
  archiveBefore(position: number): Promise<void>;
  /** Gives up claims under way. Writers and tails have an end of their own. */
  close(): void;
}

export type Appended =
  /** Durable, and nobody else may write before it. `position` is the next frame's. */
  | { readonly kind: "durable"; readonly position: number }
  /** Somebody else's claim stands: this writer is none any more. */
  | { readonly kind: "fenced"; readonly why: string }
  /** It may be in the journal, now or later: acknowledge nothing, follow, and see. */
  | { readonly kind: "inDoubt"; readonly why: string }
  /** It is certainly not in the journal. The same batch may be appended again. */
  | { readonly kind: "unavailable"; readonly why: string };

/** Whether another batch can be taken. */
export const Room = {
  YES: 0,
  SOON: 1, // more is being prepared
  NONE: 2, // the disk is full; it is tried again
} as const;
export type Room = (typeof Room)[keyof typeof Room];

/** What the writer of any journal has: `Result` is what the driver of the primary waits for. */
export interface JournalWriter<Result> {
  /** Names this journal for ever; a wiped directory gets another. 32 hex digits. */
  readonly id: string;
  /** Where the commands of the next append are to be put, from index 0. */
  readonly batch: Commands;
  /** Commands that one append takes at most; BATCH_COMMANDS_MAX or more. */
  readonly batchMax: number;
  /** The sequence the next appended command must carry. */
  nextSequence(): number;
  /** Whether `count` commands fit now. */
  room(count: number): Room;
  /** Whether one last command and a watermark fit: room is kept for them when all else is full. */
  hasRoomToClose(): boolean;
  /** Blocks a little while more room is being prepared. */
  waitForRoom(timeoutMs: number): void;
  /** Makes the first `count` commands of `batch` durable; they begin with sequence `nextSequence()`. */
  append(count: number): Result;
  /** Whether the last append is not yet covered by a later frame. */
  isUncovered(): boolean;
  /** Covers it: an empty frame that says what was durable before. */
  appendWatermark(): Result;
  /** Of what is durable: grows by every append. */
  position(): number;
  close(): void;
}

/**
 * Files: an append returns when it is durable. It throws ShellError JOURNAL_WRITE_FAILED; the shard
 * then stops, and nothing of the batch counts.
 */
export interface Journal extends JournalWriter<void> {
  /**
   * Another one after every append, and after one was begun: the commands of those under way, and of the
   * one that was durable last, stay where they are.
   */
  readonly batch: Commands;
  /**
   * Begins an append and returns: its commands are durable when `endAppend` has returned for it, and not
   * before. Up to UNDER_WAY_MAX may be begun, which end in that order; meanwhile nothing else is appended,
   * and `position` is what was durable before. `unfilled`: the commands are not in `batch` yet, where they
   * stand once they are durable; until then they stay in their ring.
   */
  beginAppend(count: number, unfilled?: Unfilled): void;
  /** Blocks until the oldest of those begun is durable. */
  endAppend(): void;
}

/** A broker: one append at a time, the batch untouched until it is answered; it never throws. */
export interface RemoteJournal extends JournalWriter<Promise<Appended>> {
  /** Behind the last append that was durable: where to follow from for who steps down. */
  place(): JournalPlace;
}
