/**
 * A disk that fails under a shard at work: the system's own calls answer with errors, by `strace`, from the
 * Nth of them on that thread. It stops, says why, and what it had acknowledged is in the journal.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { inspectJournal } from "./journal/tools.ts";
import { startDriver } from "./testing/driver.ts";
import { startOwner } from "./testing/owner-process.ts";
import { isLong } from "./testing/size.ts";

const SEGMENT_BYTES = 1024 * 1024;
const NTH_MAX = 20;

let directory = "";
let children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "solebook-disk-"));
});
afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  rmSync(directory, { recursive: true, force: true });
});

const CALLS = [
  ["fdatasync", "EIO"],
  ["pwrite64", "EIO"],
  ["pwrite64", "ENOSPC"],
] as const;

/** Every N with every call in a long run; otherwise every N with one of the calls. */
const CASES = CALLS.flatMap(([call, error], row) => {
  const all = Array.from({ length: NTH_MAX }, (_, i) => i + 1);
  const some = all.filter((nth) => isLong || nth % CALLS.length === row);
  return some.map((nth) => [call, error, nth] as const);
});

test.each(CASES)(
  "%s answers %s from the %i. on: it stops, and has what it acknowledged",
  async (call, error, nth) => {
    // Many in flight are written by the thread beside the shard's.
    const inFlight = nth % (isLong ? 2 : 4) === 0 ? 1_024 : 64;
    const owner = startOwner({ directory, run: "o", segmentBytes: SEGMENT_BYTES, inFlight });
    children.push(owner.child);
    await owner.line(/^acked /);
    await inject(owner.child.pid!, call, error, nth);
    await owner.line(/^ended JOURNAL_WRITE_FAILED$/);
    await owner.exited;
    const acknowledged = owner.acked();

    const again = await startDriver(directory);
    expect(again.report.sequence).toBeGreaterThanOrEqual(Math.max(...acknowledged.values()));
    await again.stop();
    const kept = new Map<string, number[]>();
    for (const { type, sequence, clientOrderId } of inspectJournal(directory)) {
      if (type !== "PLACE") continue;
      const id = String(clientOrderId);
      kept.set(id, [...(kept.get(id) ?? []), sequence]);
    }
    const lost = [...acknowledged].filter(([id, at]) => kept.get(id)?.join() !== `${at}`);
    expect(lost).toEqual([]);
  },
);

/** Resolves when it is attached to every thread of the process. */
async function inject(pid: number, call: string, error: string, nth: number): Promise<void> {
  const how = `inject=${call}:error=${error}:when=${nth}+`;
  const args = ["-f", "-q", "-e", `trace=${call}`, "-e", how, "-p", String(pid)];
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  children.push(strace);
  let said = "";
  await new Promise<void>((resolve, reject) => {
    strace.once("error", () =>
      reject(new Error("this test needs strace: on Debian, apt-get install strace")),
    );
    strace.once("exit", () => reject(new Error(`strace ended: ${said}`)));
    strace.stderr.setEncoding("utf8").on("data", (part: string) => {
      said += part;
      if (said.includes("INJECTED") || said.includes("ttached")) resolve();
    });
  });
}
