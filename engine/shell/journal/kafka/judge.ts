/**
 * Says of each record of a journal at a broker whether it counts. Pure: the same records give the
 * same answer to every reader, and that is all the fencing there is.
 *
 * ```
 * record   0         1      2      3         4          5      6
 *          CLAIM(1)  batch  batch  CLAIM(2)  CLAIM(2)   batch  batch
 *          by A      of A   of A   by B      by C       of A   of B, term 2
 *          counts    yes    yes    counts    too late   no     yes
 * ```
 *
 * A claim counts if its term is the standing one plus one, at its place; so the first of two rivals
 * wins. A batch counts if its term and writer are those of the claim that stands. A copy of a frame,
 * which a resent append may leave, does not count twice.
 */
import { ShellError, ShellErrorCode } from "../../errors.ts";
import {
  alignUp,
  FRAME_BYTES_MAX,
  FRAME_VERSION,
  type FrameHeader,
  FrameKind,
  hashFrame,
  HEADER_BYTES,
  payloadIsWhole,
  readHeader,
} from "../frame.ts";
import type { JournalFrame, JournalPlace } from "../journal.ts";
import type { KafkaRecord } from "./link.ts";

export interface Judge {
  /** The frame, if the record counts; null if it does not. Throws ShellError when something is wrong. */
  meet(record: KafkaRecord): JournalFrame | null;
  /** The record to be met next. */
  cursor(): number;
  /** Behind the last frame that counted. */
  place(): JournalPlace;
}

/** `topic` is for the words of errors; a frame's bytes are reused for the next. */
export function makeJudge(topic: string, shard: number, from: JournalPlace): Judge {
  const frame = Buffer.from(new ArrayBuffer(FRAME_BYTES_MAX));
  let place = from;
  let cursor = from.position;

  function meet({ offset, value }: KafkaRecord): JournalFrame | null {
    if (offset !== cursor) throw wrong(`record ${cursor} is missing; ${offset} follows`);
    const header = read(value);
    const counts = header.kind === FrameKind.CLAIM ? judgeClaim(header) : judgeBatch(header);
    cursor++;
    if (!counts) return null;
    place = behind(header);
    return { header, bytes: frame, place };
  }

  /** A record arrives as it was sealed or there is something wrong: a broker tears nothing. */
  function read(value: Buffer): FrameHeader {
    if (value.length < HEADER_BYTES || value.length > FRAME_BYTES_MAX) {
      throw wrong(`record ${cursor} has ${value.length} bytes: no frame has`);
    }
    value.copy(frame); // to where a view of commands may be laid over it
    const reading = readHeader(frame);
    if (reading.kind === "version") throw otherVersion(reading.version);
    if (reading.kind === "empty") throw wrong(`record ${cursor} is empty`);
    if (reading.kind === "damaged") throw wrong(`in record ${cursor} ${reading.why}`);
    const { header } = reading;
    const end = HEADER_BYTES + header.payloadBytes;
    frame.fill(0, end, alignUp(end)); // padding is left out here
    const isWhole = value.length === end && payloadIsWhole(frame, header);
    if (!isWhole) throw wrong(`in record ${cursor} the payload's checksum is wrong`);
    if (header.shard !== shard) throw foreign(`of shard ${header.shard}, not ${shard}`);
    if (header.durable > cursor) {
      throw wrong(
        `record ${cursor} was written when everything below ${header.durable} was durable: ` +
          `${header.durable - cursor} acknowledged records are gone before it`,
      );
    }
    return header;
  }

  function judgeClaim(header: FrameHeader): boolean {
    const isOurs = place.journalId === null || header.journalId.equals(place.journalId);
    if (header.term !== place.term + 1) {
      // Two that found a new journal each make an id for it, and only the first one's counts.
      if (!isOurs && header.term !== 1) throw foreign("a claim of another journal");
      return false;
    }
    if (!isOurs) throw foreign("a claim of another journal");
    return true;
  }

  function judgeBatch(header: FrameHeader): boolean {
    if (place.journalId === null) throw wrong("its first record is no claim");
    if (!header.journalId.equals(place.journalId)) throw foreign("of another journal");
    if (header.term > place.term) {
      throw wrong(`record ${cursor} is of term ${header.term}, which nobody has claimed`);
    }
    if (header.term < place.term || !header.writerId.equals(place.writerId)) return false;
    const nextSequence = header.firstSequence + header.count;
    // Its writer knew less than is here now: it was sent again, and the other copy was first.
    if (header.durable < place.position && nextSequence <= place.nextSequence) return false;
    if (header.firstSequence !== place.nextSequence) {
      throw wrong(
        `record ${cursor} begins with sequence ${header.firstSequence}, ` +
          `not ${place.nextSequence}`,
      );
    }
    if (!header.previousHash.equals(place.previousHash)) {
      throw wrong(
        `record ${cursor} (sequence ${header.firstSequence}) does not follow the one before ` +
          "it (hash chain)",
      );
    }
    return true;
  }

  function behind(header: FrameHeader): JournalPlace {
    const isClaim = header.kind === FrameKind.CLAIM;
    return {
      journalId: place.journalId ?? header.journalId,
      position: cursor,
      nextSequence: isClaim ? place.nextSequence : header.firstSequence + header.count,
      // Who claims does not know yet what the old writer still wrote before it: claims are no links.
      previousHash: isClaim ? place.previousHash : hashFrame(frame, header.payloadBytes),
      term: header.term,
      writerId: header.writerId,
    };
  }

  function wrong(why: string): ShellError {
    return new ShellError(
      ShellErrorCode.JOURNAL_DAMAGED,
      `the journal in topic ${topic} is damaged: ${why}. Nothing was changed. Restore the topic, or ` +
        "start from a copy of the journal.",
    );
  }

  function foreign(what: string): ShellError {
    return new ShellError(
      ShellErrorCode.JOURNAL_FOREIGN,
      `topic ${topic}: record ${cursor} is ${what}. Two journals are mixed here; give each shard ` +
        "and each exchange a topic of its own.",
    );
  }

  function otherVersion(version: number): ShellError {
    return new ShellError(
      ShellErrorCode.JOURNAL_VERSION,
      `topic ${topic}: record ${cursor} is in journal format ${version}; this build reads and ` +
        `writes format ${FRAME_VERSION}. Start it with the build that wrote it.`,
    );
  }

  return { meet, cursor: () => cursor, place: () => place };
}
