/**
 * A primary on one thread, over a disk in memory and a clock that stands still: orders go in, steps
 * are turned by hand, and what was said is kept. For tests of the shell.
 */
import { EventType, Side } from "../../core/codes.ts";
import { clearCommand, COMMAND_BYTES, makeCommands } from "../../core/command.ts";
import { EVENT_BYTES, EVENT_F64, EventF64, EventU8 } from "../../core/event.ts";
import { makeShard } from "../../core/index.ts";
import { EVENT_RING_SLOTS } from "../../core/limits.ts";
import type { Shard } from "../../core/shard-api.ts";
import { makeRing, openConsumer, openProducer } from "../../ring/ring.ts";
import { makeStatusMemory, openStatus, ShardState, type Status } from "../../ring/status.ts";
import { makePrimary, type Primary } from "../primary.ts";
import { eventsOf, makeEventRing, makePublisher } from "../publisher.ts";
import { recover } from "../recovery.ts";
import type { Disk } from "./disk.ts";
import { SEGMENT_BYTES_MIN } from "../journal/segments.ts";
import { DIRECTORY, openTestJournal, type TestPreparer } from "./journal.ts";
import { fieldsAt, type Fill, MARKET, placed } from "./orders.ts";

export const NOON_US = 1_800_000_000_000_000;
const SMALL = { accountsMax: 16, instrumentsMax: 16, ordersMax: 4_096, idsMax: 8_192 };

export interface Desk {
  readonly primary: Primary;
  readonly shard: Shard;
  readonly status: Status;
  readonly preparer: TestPreparer;
  /** Microseconds the clock shows after noon; also the monotonic clock. */
  advance(us: number): void;
  submit(fill: Fill): void;
  place(id: string, side?: Side, expiresAtUs?: number): void;
  /** Commands that still wait in the ring. */
  waiting(): number;
  /** "ACCEPTED 4" and so on: what was said since the last time, and given back to the ring. */
  hear(): string[];
  /** How many times a reader that slept was woken. */
  wakes(): number;
}

/**
 * Recovers what is on the disk and opens a desk on it; throws what a start would throw. A reader that
 * is awake takes events as soon as they are published, and keeps them for `hear`.
 */
export function openDesk(
  disk: Disk,
  eventSlots = EVENT_RING_SLOTS,
  { segmentBytes = SEGMENT_BYTES_MIN, isReaderAwake = false, besideFrom = Infinity } = {},
): Desk {
  const status = openStatus(makeStatusMemory());
  const commandRing = makeRing(4_096, COMMAND_BYTES);
  const eventRing = makeEventRing(eventSlots);
  const events = eventsOf(eventRing);
  const commands = makeCommands(4_096, commandRing.memory, commandRing.recordsAt);
  const producer = openProducer(commandRing);
  const reader = openConsumer(eventRing, 0);
  const eventProducer = openProducer(eventRing);
  const heard: string[] = [];
  let wakes = 0;
  const publisher = makePublisher(eventProducer, events, () => {
    if (eventProducer.takeSleeper(0)) wakes++;
    if (isReaderAwake) read();
  });
  const shard = makeShard({ ...SMALL, events });
  const { journal, preparer } = openTestJournal(disk, segmentBytes);
  const parts = { files: disk, directory: DIRECTORY, number: 0, shard, publisher };
  const recovered = recover({ ...parts, isStopAsked: () => false });
  let nowUs = 0;
  const primary = makePrimary({
    shard,
    journal,
    clock: { stampUs: () => NOON_US + nowUs },
    status,
    commandRing: openConsumer(commandRing, 0),
    commands,
    publisher,
    recoveredCommands: recovered!.commands,
    besideFrom,
    furtherFrom: besideFrom,
    monotonicMs: () => nowUs / 1_000,
  });
  status.setState(ShardState.LIVE);

  function submit(fill: Fill): void {
    const index = producer.slot(0);
    clearCommand(commands, index);
    fill(fieldsAt(commands, index));
    producer.publish(1);
  }

  function read(): void {
    for (let left = reader.available(); left > 0; left--) {
      const index = reader.slot(0);
      const type = events.u8[index * EVENT_BYTES + EventU8.type];
      const sequence = events.f64[index * EVENT_F64 + EventF64.sequence];
      const name = Object.entries(EventType).find(([, number]) => number === type)?.[0];
      heard.push(`${name} ${sequence}`);
      reader.advance(1);
    }
  }

  function hear(): string[] {
    read();
    reader.fallAsleep();
    return heard.splice(0);
  }

  return {
    primary,
    shard,
    status,
    preparer,
    advance: (us) => void (nowUs += us),
    submit,
    place: (id, side = Side.BID, expiresAtUs) =>
      submit(placed({ id, side, account: side === Side.BID ? 1 : 2, expiresAtUs })),
    waiting: () => commandRing.slots - producer.room(),
    hear,
    wakes: () => wakes,
  };
}

/** Two accounts that may trade and one instrument: three commands, one batch. */
export function openMarket(desk: Desk): void {
  for (const fill of MARKET) desk.submit(fill);
  desk.primary.step();
  desk.hear();
}
