/** What a disk takes to make bytes durable, as the journal asks it: into a file that is zero-filled. */
import { closeSync, fdatasyncSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface Disk {
  /** Writes so many bytes behind those before, and syncs; how long it took, in milliseconds. */
  sync(bytes: number): number;
  close(): void;
}

const FILE_BYTES = 32 * 2 ** 20;
const FILL_BYTES = 2 ** 20;

export function openDisk(directory: string): Disk {
  const path = join(directory, "bare");
  const fd = openSync(path, "w", 0o600);
  const zeros = new Uint8Array(FILL_BYTES);
  for (let at = 0; at < FILE_BYTES; at += FILL_BYTES) writeSync(fd, zeros, 0, FILL_BYTES, at);
  fsyncSync(fd);
  const some = new Uint8Array(FILL_BYTES).fill(1);
  let position = 0;
  return {
    sync: (bytes) => {
      if (position + bytes > FILE_BYTES) position = 0;
      const beganMs = performance.now();
      writeSync(fd, some, 0, bytes, position);
      fdatasyncSync(fd);
      position += bytes;
      return performance.now() - beganMs;
    },
    close: () => {
      closeSync(fd);
      rmSync(path);
    },
  };
}
