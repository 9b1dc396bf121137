/**
 * One connection to a server: the handshake, frames out as bytes, frames in as they come. Pings are
 * answered here. It knows nothing of what is said; ten thousand of them share one buffer to read into.
 */
import { connect, type Socket } from "node:net";
import { FrameReader, makeFrame, Opcode } from "./frame.ts";

const READ_BYTES = 256 * 1024;
const HANDSHAKE_MAX_MS = 120_000;
const KEY = "c29sZWJvb2stbG9hZHRlc3Q=";
const NOTHING = Buffer.alloc(0);
/** What a read fills; its bytes are taken before the next read of any line. */
const shared = Buffer.alloc(READ_BYTES);

export interface LineHandlers {
  message(opcode: number, bytes: Buffer, start: number, end: number): void;
  /** All messages of one read were told: now it pays to answer. */
  told?(): void;
  /** Once, however it ended; 1006 when the server said nothing. */
  closed?(code: number, reason: string): void;
}

export interface LineTarget {
  readonly host: string;
  readonly port: number;
  /** `/v1/ws?encoding=…` */
  readonly path: string;
  /** An address of our own to come from, where one has not ports enough. */
  readonly from?: string | undefined;
}

export class Line {
  readonly socket: Socket;
  #code = 1006;
  #reason = "";
  #isOpen = false;

  /** Use `openLine`. */
  constructor(target: LineTarget, handlers: LineHandlers, opened: (error: Error | null) => void) {
    const { host, port, path, from } = target;
    const reader = new FrameReader((opcode, bytes, start, end) => {
      if (opcode <= Opcode.BINARY) handlers.message(opcode, bytes, start, end);
      else this.#control(opcode, bytes.subarray(start, end));
    });
    let head = NOTHING;
    const take = (length: number): boolean => {
      if (this.#isOpen) {
        reader.take(shared, length);
        handlers.told?.();
        return true;
      }
      head = Buffer.concat([head, shared.subarray(0, length)]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return true;
      if (!head.toString("latin1", 0, 16).includes(" 101 ")) {
        this.#reason = head.toString("utf8").slice(0, 400);
        this.socket.destroy();
        return true;
      }
      this.#isOpen = true;
      this.socket.setTimeout(0);
      opened(null);
      const rest = head.subarray(end + 4);
      reader.take(rest, rest.length);
      return true;
    };
    this.socket = connect({
      host,
      port,
      ...(from === undefined ? {} : { localAddress: from }),
      noDelay: true,
      onread: { buffer: shared, callback: take },
    });
    this.socket.setTimeout(HANDSHAKE_MAX_MS, () => this.socket.destroy());
    this.socket.on("error", (error) => (this.#reason ||= error.message));
    this.socket.once("close", () => {
      if (this.#isOpen) handlers.closed?.(this.#code, this.#reason);
      else opened(new Error(`no connection to ${host}:${port}${path}: ${this.#reason}`));
    });
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  }

  /** One or more whole frames. The bytes may not change until the server has answered them. */
  send(frames: Uint8Array): void {
    this.socket.write(frames);
  }

  sendText(text: string): void {
    this.send(makeFrame(Opcode.TEXT, Buffer.from(text)));
  }

  /** Reads no more until `resume`; what the system buffers for us it still takes. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Goes away without a word, as a machine does whose network is cut. */
  cut(): void {
    this.socket.destroy();
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.PING) this.send(makeFrame(Opcode.PONG, payload));
    if (opcode !== Opcode.CLOSE) return;
    if (payload.length >= 2) {
      this.#code = payload.readUInt16BE(0);
      this.#reason = payload.toString("utf8", 2);
    }
    this.socket.end(makeFrame(Opcode.CLOSE, payload.subarray(0, 2)));
  }
}

/** A line whose handshake is done. */
export function openLine(target: LineTarget, handlers: LineHandlers): Promise<Line> {
  return new Promise((resolve, reject) => {
    const line: Line = new Line(target, handlers, (error) => {
      if (error === null) resolve(line);
      else reject(error);
    });
  });
}

/** Where the sockets of an exchange are, by its URL. */
export function targetOf(url: string, encoding: "json" | "proto"): LineTarget {
  const { hostname, port, protocol } = new URL(url);
  const path = `/v1/ws${encoding === "json" ? "" : `?encoding=${encoding}`}`;
  return { host: hostname, port: Number(port || (protocol === "https:" ? 443 : 80)), path };
}
