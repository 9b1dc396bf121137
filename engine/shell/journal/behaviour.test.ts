/** One suite for both journals: segment files on a disk in memory, and a topic at a real broker. */
import { afterAll, beforeAll, describe } from "@jest/globals";
import { makeDisk } from "../testing/disk.ts";
import { DIRECTORY, openTestJournal } from "../testing/journal.ts";
import { type AnyWriter, journalBehaviour, type World } from "../testing/journal-behaviour.ts";
import {
  appendRaw,
  collect,
  newTopic,
  openTest,
  rawRecords,
  startTestBroker,
  takeOver,
  type TestBroker,
} from "../testing/kafka.ts";
import { openFileReader } from "./file-reader.ts";
import { FrameKind, readHeader } from "./frame.ts";
import { JOURNAL_START } from "./journal.ts";
import { SEGMENT_BYTES_MIN, segmentName } from "./segments.ts";

describe("on files", () => {
  journalBehaviour(async () => fileWorld(makeDisk()));
});

describe("at a broker", () => {
  let broker: TestBroker;
  beforeAll(async () => void (broker = await startTestBroker()));
  afterAll(() => broker.stop());
  journalBehaviour(async () => kafkaWorld(broker, await newTopic(broker.address)));
});

function fileWorld(disk: ReturnType<typeof makeDisk>): World {
  let writer: AnyWriter | null = null;
  const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
  const reader = openFileReader({
    files: disk,
    directory: DIRECTORY,
    shard: 0,
    durable: () => writer?.position() ?? Infinity,
    wait,
  });
  const raw = async (): Promise<Buffer[]> =>
    (await collect(reader.read(JOURNAL_START))).map(({ bytes }) => bytes);
  return {
    ...reader,
    open: async () => (writer = openTestJournal(disk).journal),
    raw,
    madeOf: async (frames) => {
      const other = makeDisk();
      const places = (await collect(reader.read(JOURNAL_START))).map(
        ({ header }) => header.position,
      );
      const bytes = new Uint8Array(SEGMENT_BYTES_MIN);
      for (const [index, frame] of frames.entries()) if (frame) bytes.set(frame, places[index]);
      other.put(`${DIRECTORY}/${segmentName(0)}`, bytes);
      return fileWorld(other);
    },
  };
}

function kafkaWorld({ address }: TestBroker, topic: string): World {
  const reader = openTest(address, topic);
  return {
    read: reader.read,
    tail: reader.tail,
    open: () => takeOver(openTest(address, topic)),
    // Claims are the broker's own affair.
    raw: async () => (await rawRecords(address, topic)).filter((value) => !isClaim(value)),
    madeOf: async (frames) => {
      const other = await newTopic(address);
      const [claim] = await rawRecords(address, topic);
      const values = [claim!, ...frames].filter((value) => value !== null);
      await appendRaw(address, other, values);
      return kafkaWorld({ address } as TestBroker, other);
    },
  };
}

function isClaim(value: Buffer): boolean {
  const reading = readHeader(value);
  return reading.kind === "frame" && reading.header.kind === FrameKind.CLAIM;
}
