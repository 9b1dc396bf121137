/**
 * Zero-fills segments past the system's cache, where the system can: it takes a tenth of the processor's
 * time, which the shard's own threads then have, and nothing that is read is pushed out of the cache.
 */
import fs from "node:fs";
import { DIRECT, isNotHere, sectorMemory } from "./direct.ts";
import { type FileOps, nodeFiles } from "./file-ops.ts";
import { makeSegment } from "./segments.ts";

const CHUNK_BYTES = 1024 * 1024;

export type SegmentMaker = (directory: string, number: number, segmentBytes: number) => void;

/** Makes segments as `makeSegment` does, and throws what it throws. */
export function makeSegmentMaker(): SegmentMaker {
  const { O_CREAT, O_TRUNC, O_WRONLY } = fs.constants;
  let direct: FileOps | null =
    DIRECT === 0
      ? null
      : {
          ...nodeFiles,
          openNew: (path) => fs.openSync(path, O_WRONLY | O_CREAT | O_TRUNC | DIRECT, 0o600),
        };
  const zeros = sectorMemory(CHUNK_BYTES);

  return (directory, number, segmentBytes) => {
    try {
      return makeSegment(direct ?? nodeFiles, directory, number, segmentBytes, zeros);
    } catch (error) {
      if (direct === null || !isNotHere(error)) throw error;
    }
    direct = null;
    makeSegment(nodeFiles, directory, number, segmentBytes, zeros);
  };
}
