/**
 * Files that somebody reads from front to back in one go, past the system's cache: frames are written past
 * it, so that each page read through it would be one that the cache has to find memory for, and the bytes
 * would be copied once more.
 */
import fs from "node:fs";
import { DIRECT, isNotHere, sectorMemory } from "./direct.ts";
import { type FileOps, nodeFiles } from "./file-ops.ts";

const CHUNK_BYTES = 1024 * 1024;

/** The node's files, for one reader of one file at a time; through the cache where nothing else is possible. */
export function filesReadDirect(): FileOps {
  const chunk = sectorMemory(CHUNK_BYTES);
  const held = { fd: -1, from: 0, to: 0 };

  function openRead(path: string): number {
    held.fd = -1;
    if (DIRECT === 0) return nodeFiles.openRead(path);
    try {
      const fd = fs.openSync(path, fs.constants.O_RDONLY | DIRECT);
      try {
        fill(fd, 0);
        return fd;
      } catch (error) {
        held.fd = -1;
        fs.closeSync(fd);
        throw error;
      }
    } catch (error) {
      if (!isNotHere(error)) throw error;
      return nodeFiles.openRead(path);
    }
  }

  function fill(fd: number, from: number): void {
    const count = fs.readSync(fd, chunk, 0, CHUNK_BYTES, from);
    Object.assign(held, { fd, from, to: from + count });
  }

  return {
    ...nodeFiles,
    openRead,
    read: (fd, bytes, offset, length, position) => {
      if (fd !== held.fd) return nodeFiles.read(fd, bytes, offset, length, position);
      if (position < held.from || position >= held.to)
        fill(fd, position - (position % CHUNK_BYTES));
      const at = position - held.from;
      const count = Math.max(0, Math.min(length, held.to - position));
      bytes.set(chunk.subarray(at, at + count), offset);
      return count;
    },
  };
}
