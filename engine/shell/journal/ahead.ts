/**
 * Files that somebody reads from front to back in one go, blocking: what follows is read by the system's
 * threads meanwhile, so that it stands in the cache when it is wanted. Whoever replays a journal would
 * else wait for the disk, and pay for each page of the cache that was not in use before.
 *
 * A hint and no more: what is read so is thrown away, and what fails fails again for who wants it.
 */
import fs from "node:fs";
import { type FileOps, nodeFiles } from "./file-ops.ts";

const CHUNK_BYTES = 1024 * 1024;
const AHEAD_BYTES = 8 * CHUNK_BYTES;

/** The node's files, for one reader of one file at a time. */
export function filesReadAhead(): FileOps {
  const nowhere = new Uint8Array(CHUNK_BYTES);
  const asked = { fd: -1, to: 0 };
  return {
    ...nodeFiles,
    openRead: (path) => {
      const fd = nodeFiles.openRead(path);
      Object.assign(asked, { fd, to: 0 });
      return fd;
    },
    read: (fd, bytes, offset, length, position) => {
      if (fd === asked.fd) {
        asked.to = Math.max(asked.to, position + length);
        for (; asked.to < position + AHEAD_BYTES; asked.to += CHUNK_BYTES) {
          fs.read(fd, nowhere, 0, CHUNK_BYTES, asked.to, () => {});
        }
      }
      return nodeFiles.read(fd, bytes, offset, length, position);
    },
  };
}
