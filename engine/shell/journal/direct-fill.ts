/**
 * Zero-fills segments past the system's cache, where the system can: it takes a tenth of the processor's
 * time, which the shard's own threads then have, and nothing that is read is pushed out of the cache.
 */
import fs from "node:fs";
import { type FileOps, nodeFiles } from "./file-ops.ts";
import { makeSegment } from "./segments.ts";

/** As far as it is used; a page's library would declare all of it, and much else. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

const CHUNK_BYTES = 1024 * 1024;
const WASM_PAGE_BYTES = 65_536;
/** Codes by which a file system says that it does not do that. */
const NOT_HERE = ["EINVAL", "EOPNOTSUPP", "ENOTSUP"];

export type SegmentMaker = (directory: string, number: number, segmentBytes: number) => void;

/** Makes segments as `makeSegment` does, and throws what it throws. */
export function makeSegmentMaker(): SegmentMaker {
  // fs.constants has it where the system does; its type says everywhere.
  const flag = fs.constants.O_DIRECT as number | undefined;
  const { O_CREAT, O_TRUNC, O_WRONLY } = fs.constants;
  let direct: FileOps | null =
    flag === undefined
      ? null
      : {
          ...nodeFiles,
          openNew: (path) => fs.openSync(path, O_WRONLY | O_CREAT | O_TRUNC | flag, 0o600),
        };
  // It must begin on a page of memory: of all buffers, those of WebAssembly do.
  const zeros = new Uint8Array(
    new WebAssembly.Memory({ initial: CHUNK_BYTES / WASM_PAGE_BYTES }).buffer,
  );

  return (directory, number, segmentBytes) => {
    try {
      return makeSegment(direct ?? nodeFiles, directory, number, segmentBytes, zeros);
    } catch (error) {
      if (direct === null || !NOT_HERE.includes(String((error as { code?: unknown }).code))) {
        throw error;
      }
    }
    direct = null;
    makeSegment(nodeFiles, directory, number, segmentBytes, zeros);
  };
}
