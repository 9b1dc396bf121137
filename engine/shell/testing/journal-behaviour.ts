/**
 * What every journal does, whatever is behind it: one suite for all adapters. A world is a journal
 * with somebody who can look at its frames as they lie there, and make another journal of them.
 */
import { expect, test } from "@jest/globals";
import { FrameKind, HEADER_BYTES } from "../journal/frame.ts";
import {
  type Appended,
  JOURNAL_START,
  type JournalFrame,
  type JournalReader,
  type JournalWriter,
} from "../journal/journal.ts";
import { collect, type Copied, fillClocks } from "./kafka.ts";

/** A writer, whether it is waited for or blocks. */
export type AnyWriter = JournalWriter<unknown>;

export interface World extends JournalReader {
  /** As the next start would: behind what is there. */
  open(): Promise<AnyWriter>;
  /** Frames as they lie there, without padding. */
  raw(): Promise<Buffer[]>;
  /** Another journal: these frames, each in its place; null for one that is gone. */
  madeOf(frames: readonly (Buffer | null)[]): Promise<World>;
}

const COUNTS = [1, 3, 512, 42, 1];

export function journalBehaviour(makeWorld: () => Promise<World>): void {
  test("what was appended is read again: in order, whole, from any place on", async () => {
    const world = await makeWorld();
    const writer = await world.open();
    await appendAll(writer, COUNTS);
    await writer.appendWatermark();

    const frames = await collect(world.read(JOURNAL_START));

    expect(sequences(frames)).toEqual([1, 2, 5, 517, 559]);
    expect(frames.at(-1)).toMatchObject({ header: { count: 0, firstSequence: 560 } });
    const ours = frames.filter(({ header }) => header.kind === FrameKind.BATCH);
    expect(ours.map(({ bytes }) => bytes.toString("hex"))).toEqual(
      (await world.raw()).map((bytes) => bytes.toString("hex")),
    );
    for (const [index, { place }] of frames.entries()) {
      const rest = await collect(world.read(place));
      expect(rest).toEqual(frames.slice(index + 1));
    }
  });

  test("the next start goes on where the last one ended; the journal keeps its name", async () => {
    const world = await makeWorld();
    const first = await world.open();
    await appendAll(first, [5, 7]);
    first.close();

    const second = await world.open();
    expect([second.id, second.nextSequence()]).toEqual([first.id, 13]);
    await appendAll(second, [2]);

    const frames = batches(await collect(world.read(JOURNAL_START)));
    expect(sequences(frames)).toEqual([1, 6, 13]);
    const [before, , after] = frames.map(({ header }) => header.writerId.toString("hex"));
    expect(after).not.toBe(before);
    expect(new Set(frames.map(({ header }) => header.journalId.toString("hex")))).toEqual(
      new Set([first.id]),
    );
  });

  test("frames say what was durable before them, and that grows", async () => {
    const world = await makeWorld();
    const writer = await world.open();
    await appendAll(writer, COUNTS);

    const frames = batches(await collect(world.read(JOURNAL_START)));
    for (const { header, place } of frames) {
      expect(header.durable).toBe(header.position);
      expect(place.position).toBeGreaterThan(header.position);
    }
    expect(frames.slice(1).map(({ header }) => header.durable)).toEqual(
      frames.slice(0, -1).map(({ place }) => place.position),
    );
  });

  test("a tail gives what is there and then each frame as it comes, and ends when told to", async () => {
    const world = await makeWorld();
    const writer = await world.open();
    await appendAll(writer, [1, 2]);
    const stop = new AbortController();
    const frames = batchesOf(world.tail(JOURNAL_START, stop.signal))[Symbol.asyncIterator]();
    const next = async (): Promise<number> =>
      (await frames.next()).value?.header.firstSequence ?? 0;

    expect([await next(), await next()]).toEqual([1, 2]);
    const waiting = next();
    await appendAll(writer, [3]);
    expect(await waiting).toBe(4);
    const ending = frames.next();
    stop.abort();
    expect((await ending).done).toBe(true);
  });

  test("a flipped bit, wherever it is in a frame that is covered, is found and named", async () => {
    const world = await makeWorld();
    const raw = await someFrames(world);
    const covered = raw[3]!;
    for (const bit of [3, 45 * 8, 120 * 8 + 1, HEADER_BYTES * 8, covered.length * 8 - 1]) {
      const bad = Buffer.from(covered);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      const other = await world.madeOf(raw.with(3, bad));
      await expect(collect(other.read(JOURNAL_START))).rejects.toMatchObject({
        code: "JOURNAL_DAMAGED",
      });
    }
  });

  test("a frame that is gone, and two that changed places, are found", async () => {
    const world = await makeWorld();
    const raw = await someFrames(world);
    const [a, b] = [raw[3]!, raw[4]!];
    for (const frames of [raw.with(3, null), raw.with(3, b).with(4, a)]) {
      const other = await world.madeOf(frames);
      await expect(collect(other.read(JOURNAL_START))).rejects.toMatchObject({
        code: "JOURNAL_DAMAGED",
      });
    }
  });

  test("a frame of another journal is refused as that", async () => {
    const worlds = [await makeWorld(), await makeWorld()] as const;
    const [raw, foreign] = [await someFrames(worlds[0]), await someFrames(worlds[1])];
    const mixed = await worlds[0].madeOf(raw.with(4, foreign[4]!));
    await expect(collect(mixed.read(JOURNAL_START))).rejects.toMatchObject({
      code: "JOURNAL_FOREIGN",
    });
  });
}

/** Six frames of one sector, so that they have the same places in every world of a kind. */
async function someFrames(world: World): Promise<(Buffer | null)[]> {
  const writer = await world.open();
  await appendAll(writer, [1, 2, 3, 2, 3, 3]);
  return world.raw();
}

async function appendAll(writer: AnyWriter, counts: readonly number[]): Promise<void> {
  for (const count of counts) {
    const appended = await writer.append(fillClocks(writer, count));
    if (appended !== undefined && (appended as Appended).kind !== "durable") {
      throw new Error(`an append of ${count} commands: ${JSON.stringify(appended)}`);
    }
  }
}

function batches(frames: readonly Copied[]): readonly Copied[] {
  return frames.filter(({ header }) => header.count > 0);
}

async function* batchesOf(frames: AsyncIterable<JournalFrame>): AsyncGenerator<JournalFrame> {
  for await (const frame of frames) if (frame.header.count > 0) yield frame;
}

function sequences(frames: readonly Copied[]): number[] {
  return batches(frames).map(({ header }) => header.firstSequence);
}
