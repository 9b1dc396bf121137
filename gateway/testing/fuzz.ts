/**
 * Frames that nobody should send, from a seed: sound ones that were changed, cut, grown, nested or given
 * other types, in both encodings, and bytes that are no WebSocket at all. Each line of a stranger ends
 * with a sound `ping`: either that is answered, or the line was closed with a code.
 */
import { connect as connectTcp } from "node:net";
import { WebSocket } from "ws";
import type { Encoding } from "../frames/outbox.ts";
import { type Asked, encodeFrame } from "./binary.ts";

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(count: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * count);
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

/** A line that is still there after that is a mistake; a busy machine may stand still for a minute. */
const LINE_MAX_MS = 180_000;
/** Beyond the gateway's own bound of a frame, and below that at which the line is cut. */
const HUGE_BYTES = 66_000;
const DEEP = 20_000;

/** How a line ended: `served`, or the code it was closed with; `mute…` when neither came. */
export type End = "served" | "mute" | "mute garbage" | number;

export interface StrangerPlan {
  readonly url: string;
  readonly encoding: Encoding;
  /** What is sent, but for its changes. */
  readonly sound: readonly Asked[];
  /** What is sent as it is, before: a log-on where orders are to come through. */
  readonly first: readonly Asked[];
  readonly frames: number;
}

/** One line that sends changed frames and then asks whether anybody is there. */
export function sendStrange(plan: StrangerPlan, random: Random): Promise<End> {
  const isText = plan.encoding === "json";
  const path = isText ? "" : "?encoding=proto";
  const socket = new WebSocket(`${plan.url.replace("http", "ws")}/v1/ws${path}`);
  const write = (asked: Asked): Buffer =>
    Buffer.from(isText ? JSON.stringify(asked) : encodeFrame(asked));
  const sound = plan.sound.map(write);
  const mark = `served-${random.below(1e9)}`;
  return new Promise((resolve) => {
    const mute = setTimeout(() => {
      resolve("mute");
      socket.terminate();
    }, LINE_MAX_MS);
    let end: End | undefined;
    socket.on("open", () => {
      for (const asked of plan.first) socket.send(write(asked), { binary: !isText });
      for (let sent = 0; sent < plan.frames; sent++) {
        const frame = changed(sound, plan.encoding, random);
        // Text where bytes belong, and the other way round; text that is none is cut by the server.
        const isOdd = random.below(50) === 0;
        const part = isOdd && !isText ? frame.toString("latin1") : frame;
        socket.send(part, { binary: isText === isOdd });
      }
      socket.send(write({ method: "ping", req_id: mark }), { binary: !isText });
    });
    socket.on("message", (data) => {
      if (!(data as Buffer).includes(mark)) return;
      end = "served";
      socket.close();
    });
    socket.on("error", () => {}); // 'close' follows
    socket.on("close", (code) => {
      clearTimeout(mute);
      resolve(end ?? code);
    });
  });
}

function changed(sound: readonly Buffer[], encoding: Encoding, random: Random): Buffer {
  const frame = random.of(sound);
  switch (random.below(12)) {
    case 0:
      return frame;
    case 1:
      return frame.subarray(0, random.below(frame.length + 1));
    case 2:
      return Buffer.concat([frame.subarray(random.below(frame.length)), random.of(sound)]);
    case 3:
      return encoding === "json" ? otherTypes(frame, random) : otherWires(frame, random);
    case 4:
      return random.below(100) === 0 ? huge(frame, encoding) : withBytes(frame, random, 1);
    case 5:
      return random.below(20) === 0 ? deep(encoding, random) : withBytes(frame, random, 2);
    default:
      return withBytes(frame, random, 1 + random.below(6));
  }
}

/** Bytes changed, taken out or put in. In text they stay text: what is none is cut by the server. */
function withBytes(frame: Buffer, random: Random, count: number): Buffer {
  const isText = frame[0] === 0x7b;
  let bytes = Buffer.from(frame);
  for (let change = 0; change < count; change++) {
    const at = random.below(bytes.length + 1);
    const byte = isText ? 32 + random.below(95) : random.below(256);
    const put = Buffer.alloc(random.below(3), byte);
    bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + random.below(3))]);
  }
  return bytes;
}

const VALUES: readonly string[] = [
  "null",
  "true",
  "-1",
  "1e309",
  "9007199254740993",
  '""',
  '"\\ud800"',
  '"\\u0000"',
  "[]",
  "{}",
  '{"__proto__":{"a":1}}',
  '"constructor"',
  '[[],{},"x",7]',
];

/** A value of another type in place of one that was there. */
function otherTypes(frame: Buffer, random: Random): Buffer {
  const values = [...frame.toString().matchAll(/:("[^"]*"|[\d.]+|true|false|\{|\[)/g)];
  const found = values[random.below(values.length)];
  if (found === undefined) return frame;
  const at = found.index + 1;
  const text = frame.toString();
  return Buffer.from(text.slice(0, at) + random.of(VALUES) + text.slice(at + found[1]!.length));
}

/** A tag with another wire type, or a number of ten bytes. */
function otherWires(frame: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(frame);
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at]! & ~7) | random.below(8);
  if (random.below(2) === 0) return bytes;
  return Buffer.concat([bytes, Buffer.from([random.below(256)]), Buffer.alloc(10, 0xff)]);
}

function huge(frame: Buffer, encoding: Encoding): Buffer {
  return Buffer.concat([frame, Buffer.alloc(HUGE_BYTES, encoding === "json" ? " " : "z")]);
}

function deep(encoding: Encoding, random: Random): Buffer {
  if (encoding === "json") return Buffer.from(random.of(["[", '{"params":']).repeat(DEEP));
  // Messages in messages, each with its length.
  let bytes = Buffer.from([0x0a, 0]);
  for (let level = 0; level < 40; level++) {
    if (bytes.length > 127) break;
    bytes = Buffer.concat([
      Buffer.from([random.of([0x0a, 0x12, 0x1a, 0x32]), bytes.length]),
      bytes,
    ]);
  }
  return bytes;
}

const GET = "GET /v1/ws?encoding=proto HTTP/1.1\r\n";
const UPGRADE =
  `${GET}Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: c29sZWJvb2stbG9hZHRlc3Q=\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** Bytes that are no WebSocket, or half of one; resolves when the server has let go of the line. */
export function sendGarbage(url: string, random: Random): Promise<End> {
  const { hostname, port } = new URL(url);
  const noise = Buffer.from(Array.from({ length: random.below(200) }, () => random.below(256)));
  const starts = [UPGRADE.slice(0, random.below(UPGRADE.length)), GET, UPGRADE, UPGRADE, "\0"];
  const bytes = Buffer.concat([Buffer.from(random.of(starts)), noise]);
  return new Promise((resolve) => {
    const socket = connectTcp(Number(port), hostname, () => {
      socket.write(bytes);
      socket.end();
    });
    const mute = setTimeout(() => {
      resolve("mute garbage");
      socket.destroy();
    }, LINE_MAX_MS);
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.on("close", () => {
      clearTimeout(mute);
      resolve("served");
    });
  });
}
