/** Which records of a topic count: the same for every reader, and nothing else keeps two writers apart. */
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { COMMAND_BYTES } from "../../../core/command.ts";
import {
  FRAME_BYTES_MAX,
  type FrameHeader,
  FrameKind,
  HEADER_BYTES,
  readHeader,
  sealFrame,
} from "../frame.ts";
import { JOURNAL_START, type JournalPlace } from "../journal.ts";
import { makeJudge } from "./judge.ts";

const STORIES: readonly (readonly [name: string, story: string])[] = [
  [
    "one writer",
    `A claims 1 -> counts
     A writes 2 -> counts
     A writes 0 -> counts
     A writes 5 -> counts`,
  ],
  [
    "of two that claim at once, the first",
    `A claims 1 -> counts
     B claims 1 -> no
     B writes 1 -> no
     A writes 1 -> counts`,
  ],
  [
    "a standby takes over; the old writer wakes up late",
    `A claims 1 -> counts
     A writes 3 -> counts
     B claims 2 -> counts
     A writes 1 -> no
     B writes 2 -> counts
     A writes 1 -> no
     A claims 2 -> no
     B writes 1 -> counts`,
  ],
  [
    "two standbys claim at once; the one deposed wins the next time",
    `A claims 1 -> counts
     B claims 2 -> counts
     C claims 2 -> no
     B writes 1 -> counts
     C writes 1 -> no
     A claims 3 -> counts
     B writes 1 -> no
     A writes 1 -> counts`,
  ],
  [
    "an append and a claim that were sent again",
    `A claims 1 -> counts
     A claims 1 -> no
     A writes 2 -> counts
     A again    -> no
     A writes 0 -> counts
     A again    -> no
     A writes 1 -> counts
     A again    -> no
     A writes 1 -> counts`,
  ],
  [
    "a copy that comes when its writer is further on",
    `A claims 1 -> counts
     A writes 2 -> counts
     A writes 1 -> counts
     A 2 back   -> no
     A writes 0 -> counts
     A 2 back   -> no
     A writes 1 -> counts`,
  ],
  [
    "a claim that leaves a term out",
    `A claims 1 -> counts
     B claims 3 -> no
     B claims 2 -> counts`,
  ],
];

test.each(STORIES)("%s", (_, story) => {
  const said = new Scribe();
  const told = story.trim().split(/\n\s*/);
  const became = told.map((line) => {
    const [deed = ""] = line.split("->");
    return `${deed}-> ${said.does(deed.trim()) ? "counts" : "no"}`;
  });
  expect(became).toEqual(told);
});

test("a reader that begins anywhere judges as one that began at the start", () => {
  for (const [, story] of STORIES) {
    const said = new Scribe();
    for (const line of story.trim().split("\n")) said.does(line.split("->")[0]!.trim());
    for (const from of said.places) {
      const judge = makeJudge("t", 0, from);
      for (let at = from.position; at < said.values.length; at++) {
        judge.meet({ offset: at, value: said.values[at]! });
      }
      expect(judge.place()).toEqual(said.judge.place());
    }
  }
});

test("whatever rivals, late writers and copies do: no sequence twice, none left out, one term up", () => {
  const deed = fc.tuple(fc.constantFrom("A", "B", "C"), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(deed, { minLength: 1, maxLength: 60 }), (deeds) => {
      const said = new Scribe();
      const counted: FrameHeader[] = [];
      for (const [who, what] of deeds) {
        const does =
          what < 3
            ? `claims ${said.knows(who).term + 1}`
            : what < 8
              ? `writes ${what - 3}`
              : `${what - 7} back`;
        const before = said.judge.place();
        if (said.does(`${who} ${does}`)) counted.push(said.last().header);
        else if (said.judge.place() !== before) throw new Error("it moved all the same");
      }
      const claims = counted.filter(({ kind }) => kind === FrameKind.CLAIM);
      expect(claims.map(({ term }) => term)).toEqual(claims.map((_, index) => index + 1));
      let next = 1;
      let term = 0;
      for (const header of counted) {
        if (header.kind === FrameKind.CLAIM) term++;
        const batch = { firstSequence: next, term };
        expect(header).toMatchObject(header.kind === FrameKind.CLAIM ? { term } : batch);
        next += header.count;
      }
    }),
    { numRuns: 300 },
  );
});

interface Damage {
  readonly name: string;
  readonly change: (values: Buffer[]) => Buffer[];
  readonly code: string;
  readonly words: string;
}

const DAMAGES: readonly Damage[] = [
  {
    name: "records that were acknowledged are gone",
    change: (values) => values.toSpliced(3, 1),
    code: "JOURNAL_DAMAGED",
    words:
      "record 3 was written when everything below 4 was durable: 1 acknowledged records are gone",
  },
  {
    name: "the claim is gone, and with it whose writer it was",
    change: (values) => values.slice(1),
    code: "JOURNAL_DAMAGED",
    words: "record 0 was written when everything below 1 was durable",
  },
  {
    name: "a batch of a term that nobody claimed",
    change: (values) => [...values.slice(0, 2), resealed(values[2]!, { term: 7 })],
    code: "JOURNAL_DAMAGED",
    words: "record 2 is of term 7, which nobody has claimed",
  },
  {
    name: "a sequence left out by the writer",
    change: (values) => [...values.slice(0, 2), resealed(values[2]!, { firstSequence: 99 })],
    code: "JOURNAL_DAMAGED",
    words: "record 2 begins with sequence 99, not 3",
  },
  {
    name: "a history that was written anew, checksums and all",
    change: (values) => values.with(1, resealed(values[1]!, { durable: 0 })),
    code: "JOURNAL_DAMAGED",
    words: "does not follow the one before it (hash chain)",
  },
  {
    name: "bytes that are no frame",
    change: (values) => [...values, Buffer.from("hello")],
    code: "JOURNAL_DAMAGED",
    words: "record 5 has 5 bytes: no frame has",
  },
  {
    name: "a frame with something behind it",
    change: (values) => values.with(4, Buffer.concat([values[4]!, Buffer.from([1])])),
    code: "JOURNAL_DAMAGED",
    words: "in record 4 the payload's checksum is wrong",
  },
  {
    name: "another shard's frame",
    change: (values) => values.with(4, resealed(values[4]!, { shard: 9 })),
    code: "JOURNAL_FOREIGN",
    words: "record 4 is of shard 9, not 0",
  },
  {
    name: "another journal's frame",
    change: (values) => values.with(4, resealed(values[4]!, { journalId: Buffer.alloc(16, 1) })),
    code: "JOURNAL_FOREIGN",
    words: "record 4 is of another journal",
  },
  {
    name: "another journal's claim",
    change: (values) => [
      ...values,
      resealed(values[0]!, { journalId: Buffer.alloc(16, 1), term: 2 }),
    ],
    code: "JOURNAL_FOREIGN",
    words: "record 5 is a claim of another journal",
  },
];

test.each(DAMAGES)("$name", ({ change, code, words }) => {
  const said = new Scribe();
  for (const deed of ["A claims 1", "A writes 2", "A writes 1", "A writes 3", "A writes 1"]) {
    expect(said.does(deed)).toBe(true);
  }
  const judge = makeJudge("t", 0, JOURNAL_START);
  const read = (): void => {
    for (const [offset, value] of change(said.values).entries()) judge.meet({ offset, value });
  };
  expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
});

/** Writes records as writers would who know what they have read, and judges them. */
class Scribe {
  readonly values: Buffer[] = [];
  readonly judge = makeJudge("t", 0, JOURNAL_START);
  /** Behind each frame that counted. */
  readonly places: JournalPlace[] = [JOURNAL_START];
  private readonly known = new Map<string, JournalPlace>();
  private readonly written = new Map<string, Buffer[]>();
  private lastHeader: FrameHeader | null = null;

  /** What that one has read: up to its last frame or claim that counted. */
  knows(who: string): JournalPlace {
    return this.known.get(who) ?? this.judge.place();
  }

  last(): { readonly header: FrameHeader } {
    return { header: this.lastHeader! };
  }

  /** Whether the record that comes of it counts. */
  does(deed: string): boolean {
    const [who = "", verb = "", more = ""] = deed.split(/\s+/);
    const own = this.written.get(who) ?? [];
    this.written.set(who, own);
    const back = verb === "again" ? 1 : more === "back" ? Number(verb) : 0;
    if (back > 0) return own.length < back ? false : this.append(who, own.at(-back)!);
    if (verb === "claims") return this.append(who, this.claim(who, Number(more)));
    const value = this.batch(who, Number(more));
    if (value === null) return false;
    own.push(value);
    return this.append(who, value);
  }

  private claim(who: string, term: number): Buffer {
    const place = this.judge.place(); // a follower has read everything
    return sealed({ ...this.common(who, place), kind: FrameKind.CLAIM, term });
  }

  /** null for who never had a claim that counted: it has no writer to write with. */
  private batch(who: string, count: number): Buffer | null {
    const place = this.known.get(who);
    if (place === undefined) return null;
    const { term } = place;
    return sealed({ ...this.common(who, place), term, count, payloadBytes: count * COMMAND_BYTES });
  }

  private common(who: string, place: JournalPlace): FrameHeader {
    return {
      kind: FrameKind.BATCH,
      journalId: place.journalId ?? Buffer.alloc(16, who),
      shard: 0,
      term: place.term,
      writerId: Buffer.alloc(16, who),
      firstSequence: place.nextSequence,
      count: 0,
      payloadBytes: 0,
      previousHash: place.previousHash,
      position: place.position,
      durable: place.position,
    };
  }

  private append(who: string, value: Buffer): boolean {
    const offset = this.values.push(value) - 1;
    this.lastHeader = headerOf(value);
    const frame = this.judge.meet({ offset, value });
    const { place } = frame ?? {};
    if (place === undefined) return false;
    this.places.push(place);
    this.known.set(who, place);
    return true;
  }
}

function sealed(header: FrameHeader, from?: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES_MAX);
  if (from === undefined) frame.fill(header.firstSequence & 0xff, HEADER_BYTES);
  else from.copy(frame);
  sealFrame(frame, header);
  return Buffer.from(frame.subarray(0, HEADER_BYTES + header.payloadBytes));
}

function resealed(value: Buffer, change: Partial<FrameHeader>): Buffer {
  return sealed({ ...headerOf(value), ...change }, value);
}

function headerOf(value: Buffer): FrameHeader {
  const reading = readHeader(value);
  if (reading.kind !== "frame") throw new Error(`no frame: ${reading.kind}`);
  return reading.header;
}
