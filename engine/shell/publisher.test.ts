/**
 * Events written where their readers find them: round and round a small ring, each is the one that a
 * core with a buffer of its own would have said.
 */
import { expect, test } from "@jest/globals";
import { CommandType } from "../core/codes.ts";
import { CommandF64, makeCommands } from "../core/command.ts";
import { EVENT_BYTES, type Events, makeEvents } from "../core/event.ts";
import { makeShard } from "../core/index.ts";
import { EVENTS_PER_COMMAND_MAX } from "../core/limits.ts";
import { writeCommand } from "../core/testing/driver.ts";
import { makeTraffic } from "../core/testing/random.ts";
import { openConsumer, openProducer } from "../ring/ring.ts";
import { eventsOf, makeEventRing, makePublisher } from "./publisher.ts";
import { SIZES } from "./testing/written.ts";

const SLOTS = 1_024;
const COMMANDS = 4_000;

test.each(["the shard writes into the ring", "the shard writes elsewhere"])("%s", (how) => {
  const ring = makeEventRing(SLOTS);
  const events = eventsOf(ring);
  const reader = openConsumer(ring, 0);
  const publisher = makePublisher(openProducer(ring), events, () => {});
  const isInPlace = how === "the shard writes into the ring";
  const shard = makeShard(isInPlace ? { ...SIZES, events } : SIZES);
  const other = makeShard(SIZES);
  const expected = makeEvents(EVENTS_PER_COMMAND_MAX);
  const commands = makeCommands(1);
  const traffic = makeTraffic(7);
  let read = 0;
  for (let sequence = 1; sequence <= COMMANDS; sequence++) {
    const { type, words, stampUs } = traffic.next();
    writeCommand(commands, 0, type === CommandType.SET_BEHAVIOUR ? CommandType.NONE : type, words);
    commands.f64[CommandF64.sequence] = sequence;
    commands.f64[CommandF64.stampUs] = stampUs;
    expect(publisher.room()).toBe(SLOTS);
    publisher.apply(shard, commands, 0);
    expect(reader.available()).toBe(0);
    publisher.publish();
    expected.count = 0;
    other.apply(commands, 0, expected);
    expect(reader.available()).toBe(expected.count);
    for (let i = 0; i < expected.count; i++) {
      if (!bytesOf(events, reader.slot(i)).equals(bytesOf(expected, i))) {
        throw new Error(`event ${i} of command ${sequence} is another one`);
      }
    }
    read += expected.count;
    reader.advance(expected.count);
  }
  expect(read).toBeGreaterThan(3 * SLOTS);
  expect(shard.hash()).toEqual(other.hash());
});

function bytesOf({ u8 }: Events, index: number): Buffer {
  return Buffer.from(u8.buffer, u8.byteOffset + index * EVENT_BYTES, EVENT_BYTES);
}
