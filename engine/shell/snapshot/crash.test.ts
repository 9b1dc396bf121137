/**
 * A process killed at any instant while it trades and takes snapshots: the next start has one that is
 * good, or none, never half of one, and comes to the state of the whole journal.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import { nodeFiles } from "../journal/file-ops.ts";
import { inspectJournal } from "../journal/tools.ts";
import { sized } from "../testing/size.ts";
import { besideIn, hashOfJournal, openShop, OPTIONS } from "../testing/snapshots.ts";
import { openSnapshotDirectory } from "./directory.ts";
import { verifySnapshot } from "./take.ts";

const CYCLES = sized(3, 100);
const PROGRAM = new URL("../testing/taker.ts", import.meta.url).pathname;

test(
  "killed again and again while it takes them",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "solebook-taker-"));
    const beside = besideIn(folder);
    const acked = new Map<string, number>();
    let taken = 0;
    let highest = 0;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const heard = await runAndKill(folder, `c${cycle}`, cycle);
      expect(heard.sequence).toBeGreaterThanOrEqual(Math.max(highest, taken));
      expect(heard.snapshot).toBeGreaterThanOrEqual(taken); // what was verified is never lost
      for (const [id, sequence] of heard.acked) {
        acked.set(id, sequence);
        highest = Math.max(highest, sequence);
      }
      taken = heard.taken;
      const store = openSnapshotDirectory(nodeFiles, beside.snapshots);
      for (const snapshot of await store.list(0)) await verifySnapshot(store, snapshot, OPTIONS);
    }
    const shop = await openShop(beside);
    expect(shop.report.snapshot).toBeGreaterThanOrEqual(taken);
    await shop.stop();
    await hashOfJournal(beside.journal); // compares with what the shop journaled when it stopped
    const kept = new Map<string, number>();
    for (const { type, clientOrderId, sequence } of inspectJournal(beside.journal)) {
      if (type === "PLACE") kept.set(String(clientOrderId), sequence);
    }
    for (const [id, sequence] of acked) expect([id, kept.get(id)]).toEqual([id, sequence]);
    expect(taken).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  },
  sized(180_000, 3_600_000),
);

interface Heard {
  readonly sequence: number;
  readonly snapshot: number;
  readonly acked: ReadonlyMap<string, number>;
  readonly taken: number;
}

/** Lets it live until it took its first snapshot and a little longer, a different while each time. */
async function runAndKill(folder: string, run: string, cycle: number): Promise<Heard> {
  const args = ["--disable-warning=ExperimentalWarning", PROGRAM, folder, run];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const acked = new Map<string, number>();
  let [sequence, snapshot, taken] = [-1, -1, 0];
  const first = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, one = "", two = ""] = line.split(" ");
    if (word === "ready") [sequence, snapshot] = [Number(one), Number(two)];
    else if (word === "acked") acked.set(one, Number(two));
    else taken = Number(one);
    if (word === "taken") first.resolve();
  });
  const gone = once(child, "close");
  await Promise.race([first.promise, gone]);
  await new Promise((done) => setTimeout(done, 20 + ((cycle * 83) % 400)));
  child.kill("SIGKILL");
  await gone;
  return { sequence, snapshot, acked, taken };
}
