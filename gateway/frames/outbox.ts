/**
 * What waits to be written to one socket, in its encoding: JSON texts as they come, or binary frames
 * that gather what comes. Both are emptied by `take`, whose parts are good until the next message.
 */
import { ByteWriter } from "./byte-writer.ts";
import { ANSWERS_TAG, writeText } from "./encode.ts";

export type Encoding = "json" | "proto";

export interface Outbox {
  /** About what will be sent. */
  readonly bytes: number;
  readonly isEmpty: boolean;
  /** An answer or a push in its JSON form. */
  push(text: string): void;
  /** Where one whole answer is to be written now; of a binary one only. */
  answerTo(): ByteWriter;
  take(): readonly (string | Uint8Array)[];
  clear(): void;
}

export function makeOutbox(encoding: Encoding): Outbox {
  return encoding === "json" ? new TextOutbox() : new BinaryOutbox();
}

class TextOutbox implements Outbox {
  #texts: string[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0;
  }

  push(text: string): void {
    this.#texts.push(text);
    this.#bytes += text.length;
  }

  answerTo(): ByteWriter {
    throw new Error("answers of a text socket are texts");
  }

  take(): readonly string[] {
    const texts = this.#texts;
    this.clear();
    return texts;
  }

  clear(): void {
    this.#texts = [];
    this.#bytes = 0;
  }
}

/** A frame ends when it is about that long: small enough for one cork, large enough to be few. */
const FRAME_BYTES = 8 * 1024;
/** A buffer that grew beyond this for a large snapshot is not kept. */
const KEPT_BYTES_MAX = 32 * 1024;

/** Answers come before pushes in a frame, so an answer after a push begins the next. */
class BinaryOutbox implements Outbox {
  #to = new ByteWriter();
  /** Where frames end, but for the last. */
  #ends: number[] = [];
  #frameAt = 0;
  #hasPush = false;

  get bytes(): number {
    return this.#to.at;
  }

  get isEmpty(): boolean {
    return this.#to.at === 0;
  }

  push(text: string): void {
    const at = this.#to.at;
    writeText(this.#to, text);
    const isAnswer = this.#to.bytes[at] === ANSWERS_TAG;
    if ((isAnswer && this.#hasPush) || at - this.#frameAt >= FRAME_BYTES) this.#endFrame(at);
    this.#hasPush = !isAnswer;
  }

  answerTo(): ByteWriter {
    const { at } = this.#to;
    if (this.#hasPush || at - this.#frameAt >= FRAME_BYTES) this.#endFrame(at);
    this.#hasPush = false;
    return this.#to;
  }

  take(): readonly Uint8Array[] {
    const { bytes, at } = this.#to;
    const frames: Uint8Array[] = [];
    let from = 0;
    for (const end of this.#ends) {
      frames.push(bytes.subarray(from, end));
      from = end;
    }
    frames.push(bytes.subarray(from, at));
    this.clear();
    return frames;
  }

  clear(): void {
    if (this.#to.bytes.length > KEPT_BYTES_MAX) this.#to = new ByteWriter();
    this.#to.at = 0;
    this.#ends.length = 0;
    this.#frameAt = 0;
    this.#hasPush = false;
  }

  #endFrame(at: number): void {
    this.#ends.push(at);
    this.#frameAt = at;
  }
}
