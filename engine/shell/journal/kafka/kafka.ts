/**
 * The journal at Kafka brokers: a topic of one partition per shard, one record per frame, several
 * processes that may want to write and one at a time who does. Opens what is in this folder.
 *
 * Durable means here: in all in-sync copies, of which `settings.ts` sees to it that there are enough.
 * Kafka does not sync them to disk unless told to (`flush.messages=1`).
 */
import * as crypto from "node:crypto";
import { FRAME_BYTES_MAX, FrameKind, HEADER_BYTES, sealFrame } from "../frame.ts";
import type { Appended, ClaimableJournal, JournalPlace } from "../journal.ts";
import { archiveRecords } from "./settings.ts";
import type { KafkaAddress, OpenLink } from "./link.ts";
import { readBeginning, readFrames, tailFrames } from "./reader.ts";
import { makeSender, makeWriter, type Sender } from "./writer.ts";

export interface KafkaJournalOptions {
  readonly address: KafkaAddress;
  readonly topic: string;
  readonly shard: number;
  /** How long an append may take before it is in doubt, and a silence before somebody else claims. */
  readonly leaseMs: number;
  /** Records younger than this stay, whatever a snapshot covers; null: all stay. */
  readonly retainMs: number | null;
  monotonicMs(): number;
  readonly connect?: OpenLink;
  /** Chance, for ids. */
  readonly randomBytes?: (count: number) => Buffer;
}

export const LEASE_MS_DEFAULT = 1_000;
const ATTEMPT_MS_MIN = 100;

/** Opens no connection yet: each verb does when it is called. */
export function openKafkaJournal(options: KafkaJournalOptions): ClaimableJournal {
  const { shard, leaseMs, randomBytes = crypto.randomBytes } = options;
  const writerId = randomBytes(16);
  // Three tries at a broker before a lease is over: one of them meets a broker that answers.
  const attemptMs = Math.max(Math.floor(leaseMs / 3), ATTEMPT_MS_MIN);
  const parts = { ...options, attemptMs, writerId };
  const claims = new Set<Sender>();

  async function claim(place: JournalPlace): Promise<Appended> {
    const frame = Buffer.alloc(FRAME_BYTES_MAX);
    sealFrame(frame, {
      kind: FrameKind.CLAIM,
      journalId: place.journalId ?? randomBytes(16),
      shard,
      term: place.term + 1,
      writerId,
      firstSequence: place.nextSequence,
      count: 0,
      payloadBytes: 0,
      previousHash: place.previousHash,
      position: place.position,
      durable: place.position,
    });
    const sender = makeSender(parts);
    claims.add(sender);
    const sent = await sender.send(frame.subarray(0, HEADER_BYTES));
    sender.close();
    claims.delete(sender);
    if (sent.kind !== "sent") return sent;
    return { kind: "durable", position: sent.offset + 1 };
  }

  return {
    writerId,
    beginning: () => readBeginning(parts),
    read: (from) => readFrames(parts, from),
    tail: (from, signal) => tailFrames(parts, from, signal),
    claim,
    openWriter: (place) => makeWriter(parts, place),
    archiveBefore: (position) => archiveRecords(parts, position),
    close: () => {
      for (const sender of claims) sender.close();
    },
  };
}
