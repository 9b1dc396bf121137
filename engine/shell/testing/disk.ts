/**
 * A disk in memory that can go wrong: writes short, fails on the Nth write or sync, fills up, and
 * forgets what was not synced when the power goes. The second implementation of `FileOps`.
 */
import type { FileOps } from "../journal/file-ops.ts";

export interface Disk extends FileOps {
  /** The next writes each take at most so many bytes. */
  writeShort(bytesMax: number): void;
  /** Fails one call of that kind, the `nth` from now (1 is the next), with this code. */
  failOn(call: "write" | "sync" | "openSectors", nth: number, code: string): void;
  /** Bytes all files may hold together. */
  setCapacity(bytes: number): void;
  /** The power goes: what was not synced is lost, open files are gone. */
  forgetUnsynced(): void;
  /** The bytes of a file as a reader sees them, to be looked at and damaged. */
  bytesOf(path: string): Uint8Array;
  /** The bytes that a power failure would leave. */
  syncedBytesOf(path: string): Uint8Array;
  /** Puts a file there, synced. */
  put(path: string, bytes: Uint8Array): void;
  readonly writes: number;
  readonly syncs: number;
  /** Writes and syncs on a descriptor after one of its calls failed. */
  readonly callsAfterFailure: number;
  /** Writes to bytes that an earlier sync had covered and that were not zero. */
  readonly rewrites: number;
}

/** One array while nothing is unsynced; a write then makes `now` a copy. */
interface File {
  now: Uint8Array;
  synced: Uint8Array;
}

interface Fault {
  readonly call: string;
  left: number;
  readonly code: string;
}

export function makeDisk(): Disk {
  const files = new Map<string, File>();
  const open = new Map<number, File>();
  const failed = new Set<number>();
  const counts = { writes: 0, syncs: 0, callsAfterFailure: 0, rewrites: 0 };
  let faults: Fault[] = [];
  let shortMax = Infinity;
  let capacity = Infinity;
  let nextFd = 100;

  function fail(code: string): never {
    throw Object.assign(new Error(`${code}: as the test wants it`), { code });
  }

  function enter(call: string, fd: number): void {
    if (failed.has(fd)) counts.callsAfterFailure++;
    for (const fault of faults) {
      if (fault.call !== call || --fault.left > 0) continue;
      faults = faults.filter((other) => other !== fault);
      if (fd >= 0) failed.add(fd);
      fail(fault.code);
    }
  }

  function openFile(path: string): number {
    const file = files.get(path);
    if (file === undefined) return fail("ENOENT");
    open.set(++nextFd, file);
    return nextFd;
  }

  function used(): number {
    let sum = 0;
    for (const file of files.values()) sum += file.now.length;
    return sum;
  }

  function isRewrite(file: File, position: number, length: number): boolean {
    const sector = Math.floor(position / 4096) * 4096;
    return file.synced.subarray(sector, position + length).some((byte) => byte !== 0);
  }

  function write(fd: number, from: Uint8Array, offset: number, length: number, at: number): number {
    counts.writes++;
    enter("write", fd);
    const file = open.get(fd) ?? fail("EBADF");
    const taken = Math.min(length, shortMax);
    const grown = Math.max(file.now.length, at + taken);
    if (used() + grown - file.now.length > capacity) fail("ENOSPC");
    if (grown > file.now.length) {
      const bytes = new Uint8Array(grown);
      bytes.set(file.now);
      file.now = bytes;
    }
    const bytes = from.subarray(offset, offset + taken);
    if (bytes.some((byte) => byte !== 0) && isRewrite(file, at, taken)) counts.rewrites++;
    if (file.now === file.synced) file.now = file.synced.slice();
    file.now.set(bytes, at);
    return taken;
  }

  return {
    openRead: openFile,
    openReadWrite: openFile,
    openSectors: (path) => {
      enter("openSectors", -1);
      return openFile(path);
    },
    sectors: (bytes) => Buffer.from(new ArrayBuffer(bytes)),
    openNew: (path) => {
      files.set(path, { now: new Uint8Array(0), synced: new Uint8Array(0) });
      return openFile(path);
    },
    write,
    read: (fd, bytes, offset, length, position) => {
      const part = (open.get(fd) ?? fail("EBADF")).now.subarray(position, position + length);
      bytes.set(part, offset);
      return part.length;
    },
    sync: (fd) => {
      counts.syncs++;
      enter("sync", fd);
      const file = open.get(fd) ?? fail("EBADF");
      file.synced = file.now;
    },
    close: (fd) => void open.delete(fd),
    size: (path) => (files.get(path) ?? fail("ENOENT")).now.length,
    list: (directory) => {
      const inside = [...files.keys()].filter((path) => path.startsWith(`${directory}/`));
      return [...new Set(inside.map((path) => path.slice(directory.length + 1).split("/")[0]!))];
    },
    rename: (from, to) => {
      files.set(to, files.get(from) ?? fail("ENOENT"));
      files.delete(from);
    },
    remove: (path) => void files.delete(path),
    makeDirectory: () => {},
    syncDirectory: () => {},
    writeShort: (bytesMax) => void (shortMax = bytesMax),
    failOn: (call, nth, code) => void faults.push({ call, left: nth, code }),
    setCapacity: (bytes) => void (capacity = bytes),
    forgetUnsynced: () => {
      open.clear();
      for (const file of files.values()) file.now = file.synced;
    },
    bytesOf: (path) => (files.get(path) ?? fail("ENOENT")).now,
    syncedBytesOf: (path) => (files.get(path) ?? fail("ENOENT")).synced,
    put: (path, bytes) => {
      const synced = bytes.slice();
      files.set(path, { now: synced, synced });
    },
    get writes() {
      return counts.writes;
    },
    get syncs() {
      return counts.syncs;
    },
    get callsAfterFailure() {
      return counts.callsAfterFailure;
    },
    get rewrites() {
      return counts.rewrites;
    },
  };
}
