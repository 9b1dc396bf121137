/**
 * What the journal asks of a file system, and no more: so that a test can put a disk under it that
 * writes short, fills up or fails on the Nth call. Calls throw as node:fs does.
 */
import fs from "node:fs";
import { dirname } from "node:path";
import { openDirect, sectorMemory } from "./direct.ts";

export interface FileOps {
  openRead(path: string): number;
  openReadWrite(path: string): number;
  /** To write whole sectors of `sectors` memory: past the system's cache, where the system can. */
  openSectors(path: string): number;
  /** Zeroed memory for such a descriptor, which others take too. */
  sectors(bytes: number): Buffer;
  /** Creates the file, or empties it. */
  openNew(path: string): number;
  /** Bytes written, perhaps fewer than asked. */
  write(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** Bytes read; 0 at the end. */
  read(fd: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  /** Makes the file's bytes durable. */
  sync(fd: number): void;
  close(fd: number): void;
  size(path: string): number;
  list(directory: string): string[];
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Makes the directory and what is missing above it, durably. */
  makeDirectory(path: string): void;
  /** Makes names in a directory durable: a rename without it may be forgotten. */
  syncDirectory(path: string): void;
}

export const nodeFiles: FileOps = {
  openRead: (path) => fs.openSync(path, "r"),
  openReadWrite: (path) => fs.openSync(path, "r+"),
  openSectors: openDirect,
  sectors: sectorMemory,
  openNew: (path) => fs.openSync(path, "w", 0o600),
  write: (fd, bytes, offset, length, position) => fs.writeSync(fd, bytes, offset, length, position),
  read: (fd, bytes, offset, length, position) => fs.readSync(fd, bytes, offset, length, position),
  sync: (fd) => fs.fdatasyncSync(fd),
  close: (fd) => fs.closeSync(fd),
  size: (path) => fs.statSync(path).size,
  list: (directory) => fs.readdirSync(directory),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  makeDirectory: (path) => {
    const first = fs.mkdirSync(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) {
      syncDirectory(dirname(made));
    }
  },
  syncDirectory,
};

function syncDirectory(path: string): void {
  if (process.platform === "win32") return; // a directory cannot be opened there
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Writes all of `length` bytes: a write may be short without an error. Throws when it cannot go on. */
export function writeAll(
  files: FileOps,
  fd: number,
  bytes: Uint8Array,
  length: number,
  position: number,
): void {
  let done = 0;
  while (done < length) {
    const written = files.write(fd, bytes, done, length - done, position + done);
    if (written <= 0) throw new Error(`the disk took none of ${length - done} bytes`);
    done += written;
  }
}

/** Reads up to `length` bytes into the front of `bytes`; fewer only at the end of the file. */
export function readAll(
  files: FileOps,
  fd: number,
  bytes: Uint8Array,
  length: number,
  position: number,
): number {
  let done = 0;
  while (done < length) {
    const count = files.read(fd, bytes, done, length - done, position + done);
    if (count <= 0) break;
    done += count;
  }
  return done;
}
