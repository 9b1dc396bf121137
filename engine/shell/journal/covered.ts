/**
 * What is durable in a journal on files, for readers in other processes, who do not see its owner's
 * status: each frame says what was durable before it was written, and an idle owner covers its last
 * one within 100 ms. So such a reader is a frame behind, and a tenth of a second at most.
 */
import { type FileOps, readAll } from "./file-ops.ts";
import { openFileReader } from "./file-reader.ts";
import {
  frameBytes,
  frameCommandsMax,
  type FrameHeader,
  HEADER_BYTES,
  readHeader,
} from "./frame.ts";
import type { JournalReader } from "./journal.ts";
import { findSegments, ofSegment } from "./segments.ts";

const LOOK_AGAIN_MS = 20;

/** A journal that another process may be writing, or nobody. */
export function openCoveredReader(files: FileOps, directory: string): JournalReader {
  const durable = openCover(files, directory);
  return openFileReader({ files, directory, shard: null, durable, wait: sleep });
}

/** Answers, each time it is asked, the position below which all is durable. */
export function openCover(files: FileOps, directory: string): () => number {
  const header = Buffer.alloc(HEADER_BYTES);
  let covered = 0;
  let segmentBytes = 0;
  let segments = 0;

  /** The frame that begins at `position`, as far as its header says. */
  function frameAt(position: number): FrameHeader | null {
    const number = Math.floor(position / segmentBytes);
    if (number >= segments) return null;
    const fd = ofSegment(directory, number, files.openRead);
    try {
      const count = readAll(files, fd, header, HEADER_BYTES, position % segmentBytes);
      if (count < HEADER_BYTES) return null;
    } finally {
      files.close(fd);
    }
    const reading = readHeader(header);
    return reading.kind === "frame" && reading.header.position === position ? reading.header : null;
  }

  /** Where no frame is, the next one may stand at the beginning of the next segment. */
  function frameFrom(position: number): FrameHeader | null {
    const here = frameAt(position);
    const left = segmentBytes - (position % segmentBytes);
    const isNear = left < frameBytes(frameCommandsMax(segmentBytes));
    return here === null && isNear ? frameAt(position + left) : here;
  }

  return () => {
    const found = findSegments(files, directory);
    ({ segments, segmentBytes } = found);
    if (segments === 0) return 0;
    covered = Math.max(covered, found.first * segmentBytes);
    // From what is proven on: what lies behind it may be cut and written anew by the next owner.
    let frame = frameFrom(covered);
    while (frame !== null) {
      covered = Math.max(covered, frame.durable);
      frame = frameFrom(frame.position + frameBytes(frame.count));
    }
    return covered;
  };
}

function sleep(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, LOOK_AGAIN_MS);
    signal.addEventListener("abort", wake, { once: true });
  });
}
