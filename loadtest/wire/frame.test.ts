/** Frames as bytes: what is written is what the protocol says, and what comes is found however it is cut. */
import { describe, expect, test } from "@jest/globals";
import { FrameReader, headBytes, makeFrame, Opcode } from "./frame.ts";

/** A frame as a server sends it: not masked. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? [0x80 | opcode, length]
      : length < 65_536
        ? [0x80 | opcode, 126, length >> 8, length & 255]
        : [
            0x80 | opcode,
            127,
            0,
            0,
            0,
            0,
            length >>> 24,
            (length >> 16) & 255,
            (length >> 8) & 255,
            length & 255,
          ];
  return Buffer.concat([Buffer.from(head), payload]);
}

const SAID: readonly (readonly [number, string])[] = [
  [Opcode.TEXT, "an answer"],
  [Opcode.BINARY, ""],
  [Opcode.PING, "still there?"],
  [Opcode.TEXT, "x".repeat(125)],
  [Opcode.TEXT, "y".repeat(126)],
  [Opcode.BINARY, "z".repeat(65_535)],
  [Opcode.TEXT, "w".repeat(65_536)],
  [Opcode.CLOSE, "\x03\xf0bye"],
];

function heardInPieces(bytes: Buffer, cuts: readonly number[]): [number, string][] {
  const heard: [number, string][] = [];
  const reader = new FrameReader((opcode, from, start, end) => {
    heard.push([opcode, from.toString("latin1", start, end)]);
  });
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const piece = Buffer.from(bytes.subarray(at, cut)); // a buffer of its own, as of another read
    reader.take(piece, piece.length);
    piece.fill(0xff); // and reused after it
    at = cut;
  }
  return heard;
}

describe("frames of a server", () => {
  const all = Buffer.concat(SAID.map(([op, text]) => serverFrame(op, Buffer.from(text, "latin1"))));

  test("come in one read", () => {
    expect(heardInPieces(all, [])).toEqual(SAID);
  });

  test("come cut anywhere around each head", () => {
    let from = 0;
    for (const [op, text] of SAID) {
      for (let at = from; at < from + 12; at++) {
        expect(heardInPieces(all, [at, at + 1])).toEqual(SAID);
      }
      from += serverFrame(op, Buffer.from(text, "latin1")).length;
    }
  });
});

describe("frames to a server", () => {
  test.each([0, 1, 125, 126, 65_535])("a payload of %d bytes is masked with zeros", (length) => {
    const payload = Buffer.alloc(length, "p");
    const frame = makeFrame(Opcode.BINARY, payload);
    expect(frame[0]).toBe(0x82);
    expect(frame[1]! & 0x80).toBe(0x80);
    const said = frame[1]! & 0x7f;
    expect(said === 126 ? frame.readUInt16BE(2) : said).toBe(length);
    const head = headBytes(length);
    expect(frame.subarray(head - 4, head)).toEqual(Buffer.alloc(4));
    expect(frame.subarray(head)).toEqual(payload);
  });

  test("are not made of 64 KiB and more", () => {
    expect(() => makeFrame(Opcode.TEXT, Buffer.alloc(65_536))).toThrow(RangeError);
  });
});
