/**
 * The primary's one promise: nothing is applied before it is durable, nothing is said before it is
 * applied. Over a disk that fails, fills up and forgets, with readers that are slow.
 */
import { describe, expect, test } from "@jest/globals";
import { CommandType, Side } from "../core/codes.ts";
import { CommandF64, CommandI32, CommandU8 } from "../core/command.ts";
import { BATCH_COMMANDS_MAX, EVENTS_PER_COMMAND_MAX, HASH_VERSION } from "../core/limits.ts";
import { ShardState } from "../ring/status.ts";
import { SEGMENT_BYTES_MIN } from "./journal/segments.ts";
import { inspectJournal } from "./journal/tools.ts";
import { type Desk, NOON_US, openDesk, openMarket } from "./testing/desk.ts";
import { type Disk, makeDisk } from "./testing/disk.ts";
import { DIRECTORY, openTestJournal, readAllFrames } from "./testing/journal.ts";
import { fieldsAt, type Fill, placed } from "./testing/orders.ts";

describe("a batch", () => {
  test("takes what waits, in one frame, and says what happened", () => {
    const { disk, desk } = opened();
    desk.place("ask", Side.ASK);
    desk.place("bid", Side.BID);
    expect(desk.hear()).toEqual([]);
    expect(desk.primary.step()).toBe(2);
    expect(desk.hear()).toEqual(["ACCEPTED 4", "RESTED 4", "ACCEPTED 5", "TRADE 5"]);
    expect(readAllFrames(disk).headers.map(({ count }) => count)).toEqual([3, 2]);
    expect(desk.status.read()).toMatchObject({ sequence: 5, tradesTotal: 1, ordersOpen: 0 });
    expect(desk.primary.step()).toBe(0);
  });

  test("is bounded; the rest waits for the next one", () => {
    const { disk, desk } = opened();
    for (let i = 0; i < BATCH_COMMANDS_MAX + 10; i++) desk.place(`${i}`);
    expect([desk.primary.step(), desk.primary.step()]).toEqual([BATCH_COMMANDS_MAX, 10]);
    expect(readAllFrames(disk).headers.map(({ count }) => count)).toEqual([3, 512, 10]);
  });

  test("may be longer where segments have room for it", () => {
    const disk = makeDisk();
    const desk = openDesk(disk, undefined, { segmentBytes: 1024 * 1024 });
    openMarket(desk);
    for (let i = 0; i < 2_000; i++) desk.place(`${i}`, i % 2 === 0 ? Side.ASK : Side.BID);
    expect([desk.primary.step(), desk.primary.step()]).toEqual([2_000, 0]);
    expect(readAllFrames(disk).headers.map(({ count }) => count)).toEqual([3, 2_000]);
    expect(desk.status.read()).toMatchObject({ sequence: 2_003, tradesTotal: 1_000 });
    const again = openDesk(disk);
    expect(again.shard.hash().text).toBe(desk.shard.hash().text);
    expect(again.hear()).toHaveLength(desk.hear().length + 3);
  });

  test("that says more than was likely waits in its midst until readers have read", () => {
    const told = (isReaderAwake: boolean): [Desk, () => number] => {
      const options = { segmentBytes: 1024 * 1024, isReaderAwake };
      const desk = openDesk(makeDisk(), 1_024, options);
      openMarket(desk);
      for (let i = 0; i < 1_000; i++) {
        desk.place(`ask-${i}`, Side.ASK);
        while (desk.waiting() > 0) desk.primary.step();
        desk.hear();
      }
      for (let i = 0; i < 4; i++)
        desk.submit(placed({ id: `b${i}`, side: Side.BID, quantity: 250 }));
      return [desk, () => desk.primary.step()];
    };
    const [desk, step] = told(true);
    expect(step()).toBe(4);
    expect(desk.hear().filter((line) => line.startsWith("TRADE"))).toHaveLength(1_000);

    const [silent, stepUnheard] = told(false);
    silent.status.askToStop();
    expect(stepUnheard).toThrow("its reader took no more events");
    expect(silent.hear().filter((line) => line.startsWith("TRADE"))).toHaveLength(750);
  });

  test("wakes a sleeping reader once, and a waking one not at all", () => {
    const { desk } = opened();
    const before = desk.wakes();
    for (let i = 0; i < 20; i++) desk.place(`${i}`);
    desk.primary.step();
    desk.place("while-awake");
    desk.primary.step();
    expect(desk.wakes() - before).toBe(1);
  });
});

describe("nothing is said that a power failure could take back", () => {
  test("what was heard is there afterwards", () => {
    const { disk, desk } = opened();
    desk.place("first");
    desk.primary.step();
    const heard = desk.hear();
    disk.forgetUnsynced();
    expect(openDesk(disk).hear().slice(-2)).toEqual(heard);
  });

  test("what a start tells is durable, though its writer was killed before the sync", () => {
    const { disk, desk } = opened();
    desk.place("half-way");
    disk.failOn("sync", 1, "EIO");
    expect(() => desk.primary.step()).toThrow("EIO");
    const told = openDesk(disk).hear();
    expect(told.at(-1)).toBe("RESTED 4");
    disk.forgetUnsynced();
    expect(openDesk(disk).hear()).toEqual(told);
  });

  test.each(["write", "sync"] as const)(
    "a failed %s: silence, and no state ahead of the journal",
    (call) => {
      const { disk, desk } = opened();
      const before = desk.shard.hash().text;
      desk.place("never");
      disk.failOn(call, 1, "EIO");
      expect(() => desk.primary.step()).toThrow("EIO");
      expect(desk.hear()).toEqual([]);
      expect([desk.shard.hash().text, desk.shard.sequence()]).toEqual([before, 3]);
      expect(desk.status.read().sequence).toBe(3);
      expect(() => desk.primary.step()).toThrow("stopped before");
      expect(disk.callsAfterFailure).toBe(0);
      disk.forgetUnsynced();
      expect(openDesk(disk).shard.hash().text).toBe(before);
    },
  );
});

describe("a slow reader", () => {
  test("holds the batch to what it has room for, and then all back", () => {
    const disk = makeDisk();
    const desk = openDesk(disk, 2_048);
    openMarket(desk);
    const fits = Math.floor(2_048 / EVENTS_PER_COMMAND_MAX);
    for (let i = 0; i < 4_000; i++) desk.place(`${i}`);
    expect(desk.primary.step()).toBe(fits);
    let taken = fits;
    for (let step = desk.primary.step(); step > 0; step = desk.primary.step()) taken += step;
    expect(taken).toBeLessThan(1_024);
    expect(desk.waiting()).toBe(4_000 - taken);
    const sequence = desk.shard.sequence();
    expect(desk.hear()).toHaveLength(2 * taken);
    expect(desk.primary.step()).toBe(fits);
    expect(desk.hear()[0]).toBe(`ACCEPTED ${sequence + 1}`);
  });
});

describe("a full disk", () => {
  test("is said; what waits is neither lost nor taken, and it goes on when there is room", () => {
    const disk = makeDisk();
    disk.setCapacity(SEGMENT_BYTES_MIN);
    const desk = openDesk(disk);
    openMarket(desk);
    fillDisk(desk);
    desk.place("waits-too");
    expect(desk.status.state()).toBe(ShardState.DISK_FULL);
    expect([desk.primary.step(), desk.waiting()]).toEqual([0, 2]);
    desk.hear();

    disk.setCapacity(Infinity);
    desk.preparer.retry();
    expect(desk.primary.step()).toBe(2);
    expect(desk.status.state()).toBe(ShardState.LIVE);
    expect(desk.hear()).toHaveLength(4);
    expect(openDesk(disk).shard.hash().text).toBe(desk.shard.hash().text);
  });

  test("still ends cleanly, with a checkpoint", () => {
    const disk = makeDisk();
    disk.setCapacity(SEGMENT_BYTES_MIN);
    const desk = openDesk(disk);
    openMarket(desk);
    fillDisk(desk);
    const last = desk.shard.sequence();
    desk.primary.finish();
    expect(lastCommand(disk)).toMatchObject({ type: "CHECKPOINT", ofSequence: last });
  });
});

describe("time", () => {
  test("what is due happens by a journaled CLOCK when nobody trades", () => {
    const { disk, desk } = opened();
    desk.place("expires", Side.BID, NOON_US + 5_000_000);
    desk.primary.step();
    desk.hear();
    desk.primary.coverWhenIdle();
    expect(desk.primary.step()).toBe(0);
    desk.advance(4_000_000);
    desk.primary.coverWhenIdle();
    expect(desk.primary.idleMs()).toBe(1_000);
    desk.advance(999_000);
    expect([desk.primary.step(), desk.primary.idleMs()]).toEqual([0, 1]);
    desk.advance(1_000);
    expect(desk.primary.step()).toBe(1);
    expect(desk.hear()).toEqual(["EXPIRED 5"]);
    expect(lastCommand(disk)).toMatchObject({ type: "CLOCK", sequence: 5 });
    expect(openDesk(disk).shard.hash().text).toBe(desk.shard.hash().text);
  });

  test("an idle journal is covered within 100 ms, once", () => {
    const { disk, desk } = opened();
    desk.primary.coverWhenIdle();
    expect(readAllFrames(disk).headers).toHaveLength(1);
    expect(desk.primary.idleMs()).toBeLessThanOrEqual(100);
    desk.advance(desk.primary.idleMs() * 1_000);
    desk.primary.coverWhenIdle();
    desk.advance(1_000_000);
    desk.primary.coverWhenIdle();
    const { headers } = readAllFrames(disk);
    expect(headers.map(({ count, durable }) => [count, durable])).toEqual([
      [3, 0],
      [0, 4096],
    ]);
  });
});

describe("the end, and the next start", () => {
  test("a clean end takes what waits, then a checkpoint of the state, then a watermark", () => {
    const { disk, desk } = opened();
    desk.place("last-minute");
    desk.primary.finish();
    const { text } = desk.shard.hash();
    const kinds = [...inspectJournal(DIRECTORY, { from: 4 }, disk)].map(({ type }) => type);
    expect(kinds).toEqual(["PLACE", "CHECKPOINT"]);
    expect(readAllFrames(disk).headers.at(-1)!.count).toBe(0);

    const next = openDesk(disk);
    expect(next.hear().slice(-3)).toEqual(["ACCEPTED 4", "RESTED 4", "CHECKPOINTED 5"]);
    expect(next.shard.hash().text).toBe(text);
  });

  test("a checkpoint that is not the replayed state's refuses the start", () => {
    const { disk, desk } = opened();
    expect(() => {
      desk.submit((it) => {
        it.u8(CommandU8.type, CommandType.CHECKPOINT);
        it.f64(CommandF64.orderId, 3);
        it.i32(CommandI32.hashVersion, HASH_VERSION);
        it.i32(CommandI32.hashHigh, 1);
      });
      desk.primary.step();
    }).toThrow("checkpoint");
    expect(desk.hear()).toEqual([]);
    expect(() => openDesk(disk)).toThrow(/replaying command 4 did not give the state.*checkpoint/s);
  });

  test("rules of a newer build are refused live, and refuse the start", () => {
    const { disk, desk } = opened();
    const newer: Fill = (it) => {
      it.u8(CommandU8.type, CommandType.SET_BEHAVIOUR);
      it.i32(CommandI32.behaviour, 99);
    };
    desk.submit(newer);
    desk.primary.step();
    expect(desk.hear()).toEqual(["REJECTED 4"]);
    expect(openDesk(disk).shard.hash().text).toBe(desk.shard.hash().text);

    const { journal } = openTestJournal(disk); // the newer build
    newer(fieldsAt(journal.batch, 0));
    journal.batch.f64[CommandF64.sequence] = 5;
    journal.append(1);
    expect(() => openDesk(disk)).toThrow("behaviour 99 at sequence 5; this build knows them up to");
  });
});

function opened(): { disk: Disk; desk: Desk } {
  const disk = makeDisk();
  const desk = openDesk(disk);
  openMarket(desk);
  return { disk, desk };
}

/** Places orders one by one until the shard says that the disk is full; the last one waits. */
function fillDisk(desk: Desk): void {
  for (let i = 0; i < 1_000 && desk.status.state() === ShardState.LIVE; i++) {
    desk.place(`${i}`);
    desk.primary.step();
  }
  expect(desk.status.state()).toBe(ShardState.DISK_FULL);
}

function lastCommand(disk: Disk): unknown {
  return [...inspectJournal(DIRECTORY, {}, disk)].at(-1);
}
