/** A journal looked at without starting it: all of it checked, its commands in words. */
import { expect, test } from "@jest/globals";
import { Side } from "../../core/codes.ts";
import { NOON_US, openDesk, openMarket } from "../testing/desk.ts";
import { type Disk, makeDisk } from "../testing/disk.ts";
import { appendClocks, DIRECTORY, openTestJournal } from "../testing/journal.ts";
import { CommandF64, CommandI32, CommandU8 } from "../../core/command.ts";
import { CommandType } from "../../core/codes.ts";
import { inspectJournal, verifyJournal } from "./tools.ts";

test("verify counts what is there and says where it ends", () => {
  const disk = tradingDay();
  expect(verifyJournal(DIRECTORY, disk)).toMatchObject({
    shard: 0,
    segments: 2,
    frames: 4,
    commands: 7,
    lastSequence: 7,
    lastStampUs: NOON_US,
    position: 4 * 4096,
    unfinished: null,
  });
});

test("verify names what is not whole, and refuses what is damaged", () => {
  const disk = tradingDay();
  const { journal } = openTestJournal(disk);
  appendClocks(journal, 1);
  const bytes = disk.bytesOf(`${DIRECTORY}/00000000.seg`);
  bytes[4 * 4096 + 130]! ^= 1;
  expect(verifyJournal(DIRECTORY, disk)).toMatchObject({
    frames: 4,
    unfinished: "00000000.seg at byte 16384 is not whole: the payload's checksum is wrong",
  });
  bytes[130]! ^= 1;
  expect(() => verifyJournal(DIRECTORY, disk)).toThrow("00000000.seg at byte 0");
});

test("inspect says what was asked, field by field", () => {
  const all = [...inspectJournal(DIRECTORY, {}, tradingDay())];
  expect(all.map(({ sequence, type }) => `${sequence} ${type}`)).toEqual([
    "1 SET_ACCOUNT",
    "2 SET_ACCOUNT",
    "3 LIST_INSTRUMENT",
    "4 PLACE",
    "5 CANCEL",
    "6 UNKNOWN(77)",
    "7 CHECKPOINT",
  ]);
  expect(all[2]).toMatchObject({ instrument: 1, tickMinor: 100, state: "CONTINUOUS" });
  expect(all[3]).toEqual({
    sequence: 4,
    stampUs: NOON_US,
    type: "PLACE",
    place: "00000000.seg at byte 4096",
    account: 2,
    instrument: 1,
    side: "ASK",
    orderType: "LIMIT",
    tif: "GTC",
    stp: "NONE",
    flags: 0,
    priceTicks: 100,
    quantity: 1,
    clientOrderId: "my-ask",
    deadlineUs: 0,
    expiresAtUs: 0,
    tag: 0,
  });
  expect(all[4]).toMatchObject({
    account: 2,
    orderId: 4,
    clientOrderId: "00000000000000000000000001000000",
  });
  expect(all[6]).toMatchObject({ ofSequence: 6, hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
});

test.each([
  [{ from: 2, to: 4 }, [2, 3, 4]],
  [{ from: 6 }, [6, 7]],
  [{ to: 1 }, [1]],
  [{ from: 8 }, []],
])("inspect shows the sequences %j", (range, sequences) => {
  const shown = [...inspectJournal(DIRECTORY, range, tradingDay())];
  expect(shown.map(({ sequence }) => sequence)).toEqual(sequences);
});

test("where there is no journal, both say so", () => {
  const disk = makeDisk();
  expect(() => verifyJournal("/nowhere", disk)).toThrow("there is no journal in /nowhere");
  expect(() => [...inspectJournal("/nowhere", {}, disk)]).toThrow("there is no journal");
  expect(() => verifyJournal("/a/directory/that/is/not/there")).toThrow(/no journal.*ENOENT/);
});

/** A market, an ask, a cancel with strange bytes for an id, a command nobody knows, a clean end. */
function tradingDay(): Disk {
  const disk = makeDisk();
  const desk = openDesk(disk);
  openMarket(desk);
  desk.place("my-ask", Side.ASK);
  desk.submit((it) => {
    it.u8(CommandU8.type, CommandType.CANCEL);
    it.i32(CommandI32.account, 2);
    it.f64(CommandF64.orderId, 4);
    it.i32(CommandI32.clientOrderId + 3, 0x0100_0000);
  });
  desk.submit((it) => it.u8(CommandU8.type, 77));
  desk.primary.step();
  desk.primary.finish();
  return disk;
}
