/** A frame comes back as it was sealed, or not at all: every bit of it is guarded by something. */
import { expect, test } from "@jest/globals";
import { crc32 } from "node:zlib";
import { COMMAND_BYTES } from "../../core/command.ts";
import { BATCH_COMMANDS_MAX } from "../../core/limits.ts";
import {
  FRAME_ALIGN,
  FRAME_BYTES_MAX,
  FRAME_VERSION,
  type FrameHeader,
  FrameKind,
  hashFrame,
  frameBytes,
  frameCommandsMax,
  HEADER_BYTES,
  LONG_FRAME_COMMANDS_MAX,
  isZero,
  payloadIsWhole,
  readHeader,
  sealFrame,
} from "./frame.ts";

test.each([0, 1, 41, 42, 43, BATCH_COMMANDS_MAX])("a frame of %i commands round-trips", (count) => {
  const { frame, header, bytes } = sealed(count);

  expect(bytes % FRAME_ALIGN).toBe(0);
  expect(bytes).toBe(frameBytes(count));
  expect(readHeader(frame)).toEqual({ kind: "frame", header });
  expect(payloadIsWhole(frame.subarray(0, bytes), header)).toBe(true);
});

test("the largest frame stays below 64 KB, with room for a broker's own header", () => {
  expect(FRAME_BYTES_MAX).toBeLessThan(64_000);
});

test("a claim round-trips, and holds no commands; other kinds of frames there are not", () => {
  const { frame, header } = sealed(0);
  const claim = { ...header, kind: FrameKind.CLAIM };
  sealFrame(frame, claim);
  expect(readHeader(frame)).toEqual({ kind: "frame", header: claim });
  sealFrame(frame, { ...claim, count: 1, payloadBytes: COMMAND_BYTES });
  expect(readHeader(frame).kind).toBe("damaged");
  sealFrame(frame, { ...header, kind: 2 as FrameKind });
  expect(readHeader(frame).kind).toBe("damaged");
});

test("every flipped bit of a frame is seen", () => {
  const { frame, bytes } = sealed(3);
  const unseen: number[] = [];
  for (let bit = 0; bit < bytes * 8; bit++) {
    flip(frame, bit);
    if (reads(frame, bytes)) unseen.push(bit);
    flip(frame, bit);
  }
  expect(unseen).toEqual([]);
  expect(reads(frame, bytes)).toBe(true);
});

test("a frame of another format is named as such, not taken for a damaged one", () => {
  const { frame } = sealed(1);
  frame.writeUInt16LE(FRAME_VERSION + 1, 4);
  frame.writeUInt32LE(crc32(frame.subarray(0, 124)), 124);

  expect(readHeader(frame)).toEqual({ kind: "version", version: FRAME_VERSION + 1 });
});

test("lengths that make no sense are damage, even under a right checksum", () => {
  const { frame } = sealed(1);
  frame.writeUInt32LE(LONG_FRAME_COMMANDS_MAX + 1, 64);
  frame.writeUInt32LE(crc32(frame.subarray(0, 124)), 124);

  expect(readHeader(frame).kind).toBe("damaged");
});

test.each([
  [2 * FRAME_BYTES_MAX, BATCH_COMMANDS_MAX],
  [1024 * 1024, 4_096],
  [512 * 1024, 2_048],
  [64 * 1024 * 1024, LONG_FRAME_COMMANDS_MAX],
])("segments of %i bytes hold two frames of %i commands", (segmentBytes, commands) => {
  expect(frameCommandsMax(segmentBytes)).toBe(commands);
  expect(2 * frameBytes(commands)).toBeLessThanOrEqual(segmentBytes);
});

test("what an earlier, longer batch left behind does not travel in the padding", () => {
  const { frame, header } = sealed(BATCH_COMMANDS_MAX);
  const short = { ...header, count: 1, payloadBytes: COMMAND_BYTES };
  const bytes = sealFrame(frame, short);

  expect(isZero(frame.subarray(HEADER_BYTES + COMMAND_BYTES, bytes))).toBe(true);
});

test("the hash covers header and payload", () => {
  const { frame, header } = sealed(2);
  const before = hashFrame(frame, header.payloadBytes);
  for (const at of [0, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + header.payloadBytes - 1]) {
    flip(frame, at * 8);
    expect(hashFrame(frame, header.payloadBytes)).not.toEqual(before);
    flip(frame, at * 8);
  }
});

function sealed(count: number): { frame: Buffer; header: FrameHeader; bytes: number } {
  const frame = Buffer.alloc(FRAME_BYTES_MAX);
  for (let at = HEADER_BYTES; at < frame.length; at++) frame[at] = (at * 7 + 1) & 0xff;
  const header: FrameHeader = {
    kind: FrameKind.BATCH,
    journalId: Buffer.from("0123456789abcdef"),
    shard: 3,
    term: 1,
    writerId: Buffer.from("fedcba9876543210"),
    firstSequence: 2 ** 40 + 1,
    count,
    payloadBytes: count * COMMAND_BYTES,
    previousHash: Buffer.alloc(32, 9),
    position: 2 ** 33,
    durable: 2 ** 33 - FRAME_ALIGN,
  };
  return { frame, header, bytes: sealFrame(frame, header) };
}

function reads(frame: Buffer, bytes: number): boolean {
  const reading = readHeader(frame);
  return reading.kind === "frame" && payloadIsWhole(frame.subarray(0, bytes), reading.header);
}

function flip(bytes: Buffer, bit: number): void {
  bytes[bit >> 3]! ^= 1 << (bit & 7);
}
