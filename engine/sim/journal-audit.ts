/**
 * The auditor's own reading of a journal, from its bytes and the drawing of the frame alone: which
 * commands are in it, and who wrote them. It shares no code with the engine.
 */
import { crc32 } from "node:zlib";
import { Violation } from "./faults.ts";

const HEADER = 128;
const COMMAND_SIZE = 96;
const SECTOR = 4096;
const MAGIC = 0x4b424c53;
const CLAIM = 1;

export interface JournaledCommand {
  readonly sequence: number;
  readonly type: number;
  readonly account: number;
  readonly id: Buffer;
  /** Of the frame it came in; where only one may write, all the same. */
  readonly writer: string;
  readonly term: number;
  /** The whole record. */
  readonly bytes: Buffer;
}

/** The commands in segment files, the first segment first. */
export function commandsInFiles(segments: readonly Uint8Array[]): JournaledCommand[] {
  const commands: JournaledCommand[] = [];
  for (const segment of segments) {
    const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.length);
    let at = 0;
    while (at + SECTOR <= bytes.length && bytes.readUInt32LE(at) === MAGIC) {
      const frame = bytes.subarray(at);
      takeFrame(frame, commands);
      at += Math.ceil((HEADER + frame.readUInt32LE(28)) / SECTOR) * SECTOR;
    }
  }
  return commands;
}

/** The commands that count in a broker's records: of writers whose claim stood, and of copies the first. */
export function commandsInRecords(records: readonly Buffer[]): JournaledCommand[] {
  const commands: JournaledCommand[] = [];
  let term = 0;
  let writer = "";
  for (const record of records) {
    const itsTerm = record.readDoubleLE(32);
    const itsWriter = record.toString("hex", 40, 56);
    if (record.readUInt32LE(68) === CLAIM) {
      if (itsTerm !== term + 1) continue;
      term = itsTerm;
      writer = itsWriter;
      continue;
    }
    const isNext = record.readDoubleLE(56) === commands.length + 1;
    if (itsTerm === term && itsWriter === writer && isNext) takeFrame(record, commands);
  }
  return commands;
}

function takeFrame(frame: Buffer, commands: JournaledCommand[]): void {
  const payloadBytes = frame.readUInt32LE(28);
  const count = frame.readUInt32LE(64);
  const payload = frame.subarray(HEADER, HEADER + payloadBytes);
  const isWhole =
    frame.readUInt32LE(124) === crc32(frame.subarray(0, 124)) &&
    frame.readUInt32LE(120) === crc32(payload);
  if (!isWhole) throw new Violation(`a frame behind sequence ${commands.length} is not whole`);
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(payload.subarray(i * COMMAND_SIZE, (i + 1) * COMMAND_SIZE));
    const sequence = bytes.readDoubleLE(8);
    if (sequence !== commands.length + 1) {
      throw new Violation(`sequence ${sequence} stands where ${commands.length + 1} belongs`);
    }
    commands.push({
      sequence,
      type: bytes[0]!,
      account: bytes.readInt32LE(24),
      id: Buffer.from(bytes.subarray(64, 80)),
      writer: frame.toString("hex", 40, 56),
      term: frame.readDoubleLE(32),
      bytes,
    });
  }
}
