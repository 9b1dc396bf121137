/**
 * Loaded before anything else into a process that is to die at a named point of its work: at the Nth
 * call that reaches it, in whichever thread. `SOLEBOOK_TEST_CRASH_AT` is POINT:N.
 */
import fs from "node:fs";
import { parentPort } from "node:worker_threads";

export const CRASH_POINTS = [
  "before-write",
  "half-written",
  "written-not-synced",
  "synced-not-applied",
  "applied-reader-not-woken",
  "segment-half-filled",
  "segment-not-named",
  "segment-named-not-synced",
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

const [point = "", nth = "1"] = (process.env["SOLEBOOK_TEST_CRASH_AT"] ?? "").split(":");
let left = Number(nth);
const segments = new Set<number>();
const drafts = new Set<number>();
const { openSync, closeSync, writeSync, fdatasyncSync, renameSync } = fs;

function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // until it has arrived
}

function reach(which: CrashPoint): void {
  if (which === point && --left === 0) die();
}

function install(): void {
  fs.openSync = ((path: string | URL, ...rest: [string]) => {
    const fd = openSync(path, ...rest);
    const name = String(path); // Node's own loader opens by URL
    if (name.endsWith(".seg")) segments.add(fd);
    if (name.endsWith(".seg.tmp")) drafts.add(fd);
    return fd;
  }) as typeof openSync;
  fs.closeSync = (fd) => {
    segments.delete(fd);
    drafts.delete(fd);
    closeSync(fd);
  };
  fs.writeSync = ((fd: number, bytes: Uint8Array, offset: number, length: number, at: number) => {
    const write = (part: number): number => writeSync(fd, bytes, offset, part, at);
    if (!segments.has(fd)) {
      if (drafts.has(fd) && point === "segment-half-filled") write(length >> 1);
      if (drafts.has(fd)) reach("segment-half-filled");
      return write(length);
    }
    reach("before-write");
    if (point === "half-written" && left === 1) write(length >> 1);
    reach("half-written");
    const written = write(length);
    reach("written-not-synced");
    return written;
  }) as typeof writeSync;
  fs.fdatasyncSync = (fd) => {
    fdatasyncSync(fd);
    if (segments.has(fd)) reach("synced-not-applied");
  };
  fs.renameSync = (from, to) => {
    if (String(to).endsWith(".seg")) reach("segment-not-named");
    renameSync(from, to);
    if (String(to).endsWith(".seg")) reach("segment-named-not-synced");
  };
  if (parentPort === null) return;
  const post = parentPort.postMessage.bind(parentPort);
  parentPort.postMessage = (message: { kind?: string }) => {
    if (message.kind === "wake") reach("applied-reader-not-woken");
    post(message);
  };
}

if (point !== "") install();
