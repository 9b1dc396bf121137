/**
 * WebSocket frames as bytes (RFC 6455), as cheap as they can be: whoever loads a server from the same
 * machine takes from it what he computes himself. Frames to the server are masked, as they must be, with
 * zeros: the server unmasks all the same, and a prepared frame can be changed where it lies.
 */
export const Opcode = { TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

const FINAL = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;
/** Payloads from here on have their length in two bytes more; from `LONG` on in eight. */
const MIDDLE = 126;
const LONG = 65_536;

/** Bytes before the payload of a frame to the server. */
export function headBytes(payloadBytes: number): number {
  if (payloadBytes >= LONG) throw new RangeError("frames of 64 KiB and more are not sent");
  return (payloadBytes < MIDDLE ? 2 : 4) + MASK_BYTES;
}

/** Writes the head of a frame to the server; answers where the payload begins. */
export function writeHead(to: Buffer, at: number, opcode: number, payloadBytes: number): number {
  const payloadAt = at + headBytes(payloadBytes);
  to[at] = FINAL | opcode;
  if (payloadBytes < MIDDLE) to[at + 1] = MASKED | payloadBytes;
  else {
    to[at + 1] = MASKED | MIDDLE;
    to.writeUInt16BE(payloadBytes, at + 2);
  }
  to.fill(0, payloadAt - MASK_BYTES, payloadAt);
  return payloadAt;
}

/** A whole frame to the server. */
export function makeFrame(opcode: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(headBytes(payload.length) + payload.length);
  frame.set(payload, writeHead(frame, 0, opcode, payload.length));
  return frame;
}

/** Called with each whole frame of the server's; the bytes are good until it returns. */
export type FrameSink = (opcode: number, bytes: Buffer, start: number, end: number) => void;

/** Takes a server's bytes as they come and finds the frames in them. */
export class FrameReader {
  readonly #sink: FrameSink;
  #rest: Buffer | null = null;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  take(chunk: Buffer, length: number): void {
    if (this.#rest !== null) {
      chunk = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
      length = chunk.length;
      this.#rest = null;
    }
    let at = 0;
    while (length - at >= 2) {
      let size = chunk[at + 1]!;
      let start = at + 2;
      if (size >= MIDDLE) {
        const more = size === MIDDLE ? 2 : 8;
        if (length - start < more) break;
        size = more === 2 ? chunk.readUInt16BE(start) : chunk.readUInt32BE(start + 4);
        start += more;
      }
      if (start + size > length) break;
      this.#sink(chunk[at]! & 0x0f, chunk, start, start + size);
      at = start + size;
    }
    if (at < length) this.#rest = Buffer.from(chunk.subarray(at, length));
  }
}
