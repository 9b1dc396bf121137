/** A stream of commands in a file, for those who run it. */
import { closeSync, openSync, readSync } from "node:fs";
import * as core from "../../engine/core/index.ts";

const CHUNK = 64 * 2 ** 20;

/** The first `count` of them. */
export function readCommands(file: string, count: number): core.Commands {
  const bytes = new Uint8Array(count * core.COMMAND_BYTES);
  const fd = openSync(file, "r");
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(fd, bytes, at, Math.min(CHUNK, bytes.length - at), at);
    if (read === 0) throw new Error(`${file} is too short`);
    at += read;
  }
  closeSync(fd);
  return core.makeCommands(count, bytes.buffer);
}
