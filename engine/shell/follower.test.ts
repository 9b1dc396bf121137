/**
 * A follower comes to the primary's state and to no other, applies nothing that was not published as
 * durable, and goes on from wherever it was.
 */
import { describe, expect, test } from "@jest/globals";
import { CommandType, EventType, Side } from "../core/codes.ts";
import { EVENT_BYTES, type Events, EventU8 } from "../core/event.ts";
import { BEHAVIOUR_NEWEST, HASH_VERSION } from "../core/limits.ts";
import { writeCommand } from "../core/testing/driver.ts";
import { COMMAND_F64, CommandF64, makeCommands } from "../core/command.ts";
import { type Checkpoint, checkpointOf, fillCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { emptyState, type FollowedState, makeFollower } from "./follower.ts";
import { openFileReader } from "./journal/file-reader.ts";
import type { JournalReader } from "./journal/journal.ts";
import { type Desk, NOON_US, openDesk, openMarket } from "./testing/desk.ts";
import { type Disk, makeDisk } from "./testing/disk.ts";
import { DIRECTORY } from "./testing/journal.ts";
import { openWritten, SIZES } from "./testing/written.ts";

const SMALL = { accountsMax: 16, instrumentsMax: 16, ordersMax: 4_096, idsMax: 8_192 };

describe("beside a primary", () => {
  test("the same commands, the same state, the same events", async () => {
    const { desk, journal } = opened();
    const said = desk.hear();
    for (let i = 0; i < 300; i++) {
      desk.place(`${i}`, i % 3 === 0 ? Side.ASK : Side.BID);
      if (i % 7 === 0) desk.primary.step();
      said.push(...desk.hear());
    }
    while (desk.primary.step() > 0) said.push(...desk.hear());

    const told: string[] = [];
    const follower = makeFollower({
      journal,
      state: emptyState(SMALL),
      onDecided: ({ events }) => void told.push(...typesOf(events)),
    });
    await follower.catchUp();

    expect(follower.shard.hash()).toEqual(desk.shard.hash());
    expect(told.slice(3)).toEqual(said.map((line) => line.split(" ")[0]));
    expect(follower.place().position).toBe(desk.status.read().journalBytes);
  });

  test("it is told of each command before that command happens", async () => {
    const { desk, journal } = opened();
    desk.place("a");
    desk.primary.step();
    const seen: string[] = [];
    const follower = makeFollower({
      journal,
      state: emptyState(SMALL),
      onCommand: (commands, index) =>
        void seen.push(
          `${follower.shard.sequence()} < ${commands.f64[index * COMMAND_F64 + CommandF64.sequence]}`,
        ),
    });
    await follower.catchUp();
    expect(seen).toEqual(["0 < 1", "1 < 2", "2 < 3", "3 < 4"]);
  });

  test("what it reports is journaled, and compared by whoever is at that sequence", async () => {
    const { desk, journal } = opened();
    desk.place("a");
    desk.primary.step();
    const follower = makeFollower({ journal, state: emptyState(SMALL) });
    await follower.catchUp();
    const right = checkpointOf(follower.shard);
    expect(right).toMatchObject({ sequence: 4, hashVersion: HASH_VERSION });

    report(desk, right);
    expect(desk.hear().at(-1)).toBe("CHECKPOINTED 5");
    report(desk, right); // one of an earlier sequence is answered, and nothing can be compared
    expect(desk.hear().at(-1)).toBe("CHECKPOINTED 6");
    await follower.catchUp();
    expect(follower.shard.sequence()).toBe(6);

    const wrong = { ...checkpointOf(follower.shard), low: 1 };
    expect(() => report(desk, wrong)).toThrow("the state hash at sequence 6");
  });
});

describe("nothing that is not durable", () => {
  test.each([
    ["nothing is published", 0, 0],
    ["one frame is", 1, 10],
    ["three are", 3, 30],
    ["all are", 5, 50],
  ])("%s", async (_, frames, sequence) => {
    const disk = makeDisk();
    const written = openWritten(disk);
    const places = [written.durable()];
    for (let i = 0; i < 5; i++) {
      for (let n = 0; n < 10; n++) written.fill(n);
      written.append(10);
      places.push(written.durable());
    }
    const journal = readerOf(disk, () => places[frames]!);
    const follower = makeFollower({ journal, state: emptyState(SIZES) });
    await follower.catchUp();
    expect(follower.shard.sequence()).toBe(sequence);
  });

  test("what was published as durable and is not there is damage", async () => {
    const disk = makeDisk();
    const written = openWritten(disk);
    written.write(100, 10);
    const journal = readerOf(disk, () => written.durable() + 4_096);
    const follower = makeFollower({ journal, state: emptyState(SIZES) });
    await expect(follower.catchUp()).rejects.toMatchObject({ code: "JOURNAL_DAMAGED" });
  });
});

describe("from wherever it was", () => {
  test("in parts, by two followers, or by command: the same state", async () => {
    const written = openWritten(makeDisk(), 3);
    written.write(2_000, 40);
    const whole = makeFollower({ journal: written, state: emptyState(SIZES) });
    await whole.catchUp();

    const state = emptyState(SIZES);
    let place = state.place;
    for (const to of [1, 7, 333, 334, 1_999, Infinity]) {
      const part: FollowedState = { ...state, place };
      const follower = makeFollower({ journal: written, state: part, to });
      await follower.catchUp();
      expect(follower.shard.sequence()).toBe(Math.min(to, 2_000));
      place = follower.place();
    }
    expect(state.shard.hash()).toEqual(whole.shard.hash());
    expect(place).toEqual(whole.place());
  });

  test("it follows what becomes durable, until it is told to stop", async () => {
    const written = openWritten(makeDisk(), 4);
    written.write(50);
    const stop = new AbortController();
    const reached = new Map<number, () => void>();
    const follower = makeFollower({
      journal: written,
      state: emptyState(SIZES),
      onDecided: ({ nextSequence }) => reached.get(nextSequence - 1)?.(),
    });
    const following = follower.follow(stop.signal);
    for (const more of [1, 200, 3]) {
      const there = new Promise<void>((resolve) => {
        reached.set(written.journal.nextSequence() - 1 + more, resolve);
      });
      written.write(more);
      await there;
    }
    stop.abort();
    await following;
    expect(follower.shard.sequence()).toBe(254);
  });

  test("its reader is waited for between frames, and nothing more is read meanwhile", async () => {
    const written = openWritten(makeDisk(), 5);
    written.write(400, 10);
    let pauses = 0;
    const heard: number[] = [];
    const follower = makeFollower({
      journal: written,
      state: emptyState(SIZES),
      onDecided: ({ nextSequence }) => void heard.push(nextSequence),
      whenReady: () => {
        if (pauses++ > 0) return null;
        return new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    const going = follower.catchUp();
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toHaveLength(1);
    await going;
    expect(heard.at(-1)).toBe(401);
  });
});

describe("a journal that this build does not come through is refused", () => {
  test.each<[string, Record<string, number>, number, string]>([
    [
      "a checkpoint of another state",
      { orderId: 20, hashVersion: HASH_VERSION, hashHigh: 1, hashLow: 2 },
      CommandType.CHECKPOINT,
      "HASH_MISMATCH",
    ],
    [
      "rules it does not know",
      { behaviour: BEHAVIOUR_NEWEST + 1 },
      CommandType.SET_BEHAVIOUR,
      "BEHAVIOUR_UNKNOWN",
    ],
  ])("%s", async (_, words, type, code) => {
    const written = openWritten(makeDisk());
    written.write(20);
    const { batch } = written.journal;
    writeCommand(batch, 0, type, words);
    batch.f64[CommandF64.sequence] = 21;
    batch.f64[CommandF64.stampUs] = 2 * NOON_US;
    written.append(1);
    const follower = makeFollower({ journal: written, state: emptyState(SIZES) });
    await expect(follower.catchUp()).rejects.toMatchObject({ code });
  });
});

function opened(): { readonly desk: Desk; readonly journal: JournalReader } {
  const disk = makeDisk();
  const desk = openDesk(disk);
  openMarket(desk);
  return { desk, journal: readerOf(disk, () => desk.status.read().journalBytes) };
}

function readerOf(disk: Disk, durable: () => number): JournalReader {
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  return openFileReader({ files: disk, directory: DIRECTORY, shard: 0, durable, wait });
}

function report(desk: Desk, checkpoint: Checkpoint): void {
  desk.submit((fields) => {
    const record = makeCommands(1);
    fillCheckpoint(record, 0, checkpoint);
    expect(readCheckpoint(record, 0)).toEqual(checkpoint);
    for (const [word, value] of record.i32.entries()) fields.i32(word, value);
  });
  desk.primary.step();
}

const NAMES = Object.fromEntries(Object.entries(EventType).map(([name, type]) => [type, name]));

function typesOf({ u8, count }: Events): string[] {
  return Array.from({ length: count }, (_, i) => NAMES[u8[i * EVENT_BYTES + EventU8.type]!]!);
}
