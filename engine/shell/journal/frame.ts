/**
 * The frame: one durable batch of commands, and how to tell that it is whole and in its place.
 * Owns the bytes; knows nothing of files.
 *
 * ```
 * byte   0 u32 magic "SLBK"     4 u16 format version   6 u16 header bytes (128)
 *        8 16 bytes journal id
 *       24 u32 shard           28 u32 payload bytes
 *       32 f64 term            40 16 bytes writer id
 *       56 f64 first sequence  64 u32 count            68 u32 kind
 *       72 32 bytes SHA-256 of the previous frame (header and payload; zero before the first)
 *      104 f64 position        the frame's own place in the journal: bytes in files, records at a broker
 *      112 f64 durable         everything below this position was durable before this frame
 *      120 u32 CRC of payload 124 u32 CRC of bytes 0..123
 *      128 payload: `count` commands, then zeros up to a multiple of 4096
 * ```
 *
 * Numbers are little-endian. Magic, version and the header's CRC keep their places in every version,
 * so that an older or newer journal can be named as such and not be taken for a damaged one.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { COMMAND_BYTES, type Commands, makeCommands } from "../../core/command.ts";
import { BATCH_COMMANDS_MAX } from "../../core/limits.ts";

export const FRAME_MAGIC = 0x4b424c53; // "SLBK" as it stands in the file
export const FRAME_VERSION = 1;
export const HEADER_BYTES = 128;
/** No synced sector is ever written again: each frame begins on a fresh one. */
export const FRAME_ALIGN = 4096;
/** Of a batch that any journal takes: under 64 KB, as a broker wants it. */
export const FRAME_BYTES_MAX = alignUp(HEADER_BYTES + BATCH_COMMANDS_MAX * COMMAND_BYTES);
/** What a frame on files may hold: a disk makes 200 KB durable in little more time than 4. */
export const LONG_FRAME_COMMANDS_MAX = 4_096;

export function alignUp(bytes: number): number {
  return Math.ceil(bytes / FRAME_ALIGN) * FRAME_ALIGN;
}

/** Bytes a frame of `count` commands takes in the file. */
export function frameBytes(count: number): number {
  return alignUp(HEADER_BYTES + count * COMMAND_BYTES);
}

/** Commands of a frame in segments of that size: two of them fit into one. */
export function frameCommandsMax(segmentBytes: number): number {
  let count = BATCH_COMMANDS_MAX;
  while (count < LONG_FRAME_COMMANDS_MAX && 2 * frameBytes(2 * count) <= segmentBytes) count *= 2;
  return count;
}

/** The frame's commands; the view goes on to the end of `bytes`. */
export function commandsIn(bytes: Buffer): Commands {
  const most = Math.floor((bytes.length - HEADER_BYTES) / COMMAND_BYTES);
  return makeCommands(most, bytes.buffer, bytes.byteOffset + HEADER_BYTES);
}

/** What a frame is for. */
export const FrameKind = {
  BATCH: 0, // commands; without any it is a watermark
  CLAIM: 1, // somebody wants to be the writer; only where several may
} as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** What ties a frame to its journal and to its place in it. */
export interface FrameHeader {
  readonly kind: FrameKind;
  readonly journalId: Buffer; // 16 bytes
  readonly shard: number;
  readonly term: number;
  readonly writerId: Buffer; // 16 bytes
  readonly firstSequence: number;
  readonly count: number;
  readonly payloadBytes: number;
  readonly previousHash: Buffer; // 32 bytes
  readonly position: number;
  readonly durable: number;
}

/**
 * Writes the header in front of the payload that already stands at byte 128 of `frame`, zeroes the
 * padding behind it, and returns the frame's bytes. `frame` has room for them.
 */
export function sealFrame(frame: Buffer, header: FrameHeader): number {
  const bytes = layFrame(frame, header);
  closeFrame(frame, header.payloadBytes, header.previousHash);
  return bytes;
}

/** The half of it that takes no time. */
export function layFrame(frame: Buffer, header: Omit<FrameHeader, "previousHash">): number {
  const end = HEADER_BYTES + header.payloadBytes;
  const bytes = alignUp(end);
  frame.fill(0, end, bytes);
  frame.writeUInt32LE(FRAME_MAGIC, 0);
  frame.writeUInt16LE(FRAME_VERSION, 4);
  frame.writeUInt16LE(HEADER_BYTES, 6);
  header.journalId.copy(frame, 8, 0, 16);
  frame.writeUInt32LE(header.shard, 24);
  frame.writeUInt32LE(header.payloadBytes, 28);
  frame.writeDoubleLE(header.term, 32);
  header.writerId.copy(frame, 40, 0, 16);
  frame.writeDoubleLE(header.firstSequence, 56);
  frame.writeUInt32LE(header.count, 64);
  frame.writeUInt32LE(header.kind, 68);
  frame.writeDoubleLE(header.position, 104);
  frame.writeDoubleLE(header.durable, 112);
  return bytes;
}

/** Of a frame that is laid out. */
export const firstSequenceIn = (frame: Buffer): number => frame.readDoubleLE(56);

/** The other half: which frame was before it, and the checksums. */
export function closeFrame(frame: Buffer, payloadBytes: number, previousHash: Uint8Array): void {
  frame.set(previousHash, 72);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER_BYTES, HEADER_BYTES + payloadBytes)), 120);
  frame.writeUInt32LE(crc32(frame.subarray(0, 124)), 124);
}

/** What the next frame must name as its predecessor. */
export function hashFrame(frame: Buffer, payloadBytes: number): Buffer {
  return hash("sha256", frame.subarray(0, HEADER_BYTES + payloadBytes), "buffer");
}

export type HeaderReading =
  | { readonly kind: "frame"; readonly header: FrameHeader }
  | { readonly kind: "empty" } // all zero: never written
  | { readonly kind: "version"; readonly version: number } // whole, and of another format
  | { readonly kind: "damaged"; readonly why: string };

/** Reads the header at byte 0 of `bytes` (at least HEADER_BYTES). Checks it alone, not its payload. */
export function readHeader(bytes: Buffer): HeaderReading {
  if (isZero(bytes.subarray(0, HEADER_BYTES))) return { kind: "empty" };
  if (bytes.readUInt32LE(0) !== FRAME_MAGIC)
    return { kind: "damaged", why: "no frame begins here" };
  if (bytes.readUInt32LE(124) !== crc32(bytes.subarray(0, 124))) {
    return { kind: "damaged", why: "the header's checksum is wrong" };
  }
  const version = bytes.readUInt16LE(4);
  if (version !== FRAME_VERSION) return { kind: "version", version };
  const kind = bytes.readUInt32LE(68);
  const header: FrameHeader = {
    kind: kind === FrameKind.CLAIM ? kind : FrameKind.BATCH,
    journalId: Buffer.from(bytes.subarray(8, 24)),
    shard: bytes.readUInt32LE(24),
    payloadBytes: bytes.readUInt32LE(28),
    term: bytes.readDoubleLE(32),
    writerId: Buffer.from(bytes.subarray(40, 56)),
    firstSequence: bytes.readDoubleLE(56),
    count: bytes.readUInt32LE(64),
    previousHash: Buffer.from(bytes.subarray(72, 104)),
    position: bytes.readDoubleLE(104),
    durable: bytes.readDoubleLE(112),
  };
  const isShaped =
    bytes.readUInt16LE(6) === HEADER_BYTES &&
    header.count <= LONG_FRAME_COMMANDS_MAX &&
    kind === header.kind &&
    (kind === FrameKind.BATCH || header.count === 0) &&
    header.payloadBytes === header.count * COMMAND_BYTES;
  if (!isShaped) return { kind: "damaged", why: "the header's lengths make no sense" };
  return { kind: "frame", header };
}

/** Whether the payload behind the header is the one it was sealed with, padding included. */
export function payloadIsWhole(bytes: Buffer, header: FrameHeader): boolean {
  const end = HEADER_BYTES + header.payloadBytes;
  const frameEnd = alignUp(end);
  if (bytes.length < frameEnd) return false;
  if (bytes.readUInt32LE(120) !== crc32(bytes.subarray(HEADER_BYTES, end))) return false;
  return isZero(bytes.subarray(end, frameEnd));
}

const ZEROS = Buffer.alloc(64 * 1024);

export function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (part.compare(ZEROS, 0, part.length) !== 0) return false;
  }
  return true;
}
