// A snapshot beside a shard that runs: the shard goes first, and the snapshot is taken all the same.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Beside, besideIn, keptLog, openShop, OPTIONS } from "../testing/snapshots.ts";
import { HEAD_BYTES } from "./format.ts";
import { KEEP_DEFAULT } from "./keep.ts";
import { makePace, type Pace } from "./pace.ts";
import { Haste, startTaker } from "./spawn.ts";
import { takeBeside } from "./taker.ts";

let folder = "";
let beside: Beside;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "solebook-beside-"));
  beside = besideIn(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const files = (): string[] => readdirSync(beside.snapshots).filter((name) => name !== "owner.lock");

const MIB = 1_048_576;
test.each([
  { what: "40 MiB written", mib: 40, worked: 0, restedS: 16.8 },
  { what: "a second of work", mib: 0, worked: 1_100, restedS: 29 },
  { what: "both at once, the longer of the two", mib: 40, worked: 2_100, restedS: 58.8 },
  { what: "a tenth of a second of work", mib: 0, worked: 100, restedS: 0 },
  { what: "a page", mib: 1 / 256, worked: 0, restedS: 0 }, // owed, and not worth going to sleep for
  { what: "ten times a million orders", mib: 480, worked: 30_000, restedS: 180 },
])("$what: rests of $restedS seconds", ({ mib, worked, restedS }) => {
  const STEPS = 2_000;
  let [nowMs, workedMs] = [0, 0];
  const rests: number[] = [];
  const rest = (ms: number): void => {
    rests.push(ms);
    nowMs += ms + 0.1; // a sleep is never exact
  };
  const pace = makePace({ rest, monotonicMs: () => nowMs, workedMs: () => workedMs });
  for (let step = 0; step < STEPS; step++) {
    workedMs += worked / STEPS;
    if (step % 2 === 0) pace.wrote((2 * mib * MIB) / STEPS);
    else pace.read(MIB);
  }
  expect(Math.round(nowMs / 100) / 10).toBe(restedS);
  expect(Math.max(0, ...rests)).toBeLessThan(500);
  expect(rests.length).toBeLessThanOrEqual((1_000 * restedS) / 30);
});

test("from another process it keeps to the pace it is given while the shard runs, and to none after", async () => {
  const shop = await openShop(beside);
  await shop.trade(200);
  const settings = {
    shard: 0,
    snapshotDirectory: beside.snapshots,
    databaseUrl: null,
    options: OPTIONS,
    keep: KEEP_DEFAULT,
  };
  const bytes = { read: 0, wrote: 0, worked: 0 };
  const counted = (): Pace => ({
    read: (count) => void (bytes.read += count),
    wrote: (count) => void (bytes.wrote += count),
    worked: () => void bytes.worked++,
  });
  const warn = (words: string): void => {
    throw new Error(words);
  };
  const take = () => takeBeside(settings, beside.journal, warn, counted);
  const taken = await take();
  expect(bytes.wrote).toBe(taken!.snapshot.bytes + HEAD_BYTES); // whose place was kept, and filled last
  expect(bytes.read).toBeGreaterThan(taken!.snapshot.bytes); // the journal, and what was written, to verify it
  expect(bytes.worked).toBeGreaterThan(0);
  await shop.trade(200);
  await shop.stop();
  const before = { ...bytes };
  expect(await take()).not.toBeNull();
  expect(bytes).toEqual(before);
});

const isLinux = process.platform === "linux"; // elsewhere a lower priority is all there is

test("its process has what is left over, in the session of who started it", async () => {
  if (!isLinux) return;
  const started = startTaker(Haste.LEFT_OVER);
  try {
    const IDLE = "5";
    let [policy, nice, session] = ["", "", ""];
    for (let left = 5_000; policy !== IDLE && nice !== "10" && left > 0; left--) {
      await new Promise((done) => setTimeout(done, 10));
      ({ policy, nice, session } = scheduled(started.pid!));
    }
    expect(session).toBe(scheduled(process.pid).session);
    expect(policy === IDLE || nice === "10").toBe(true); // the second where there is no `chrt`
  } finally {
    const gone = once(started, "exit");
    started.kill("SIGKILL");
    await gone;
  }
});

test("who runs the shard does not start it; should who does end, the next one is taken all the same", async () => {
  if (!isLinux) return;
  const log = keptLog();
  const shop = await openShop(beside, {}, { log, haste: Haste.LOWER });
  await shop.trade(20);
  const taking = shop.taking.take().catch(({ message }: Error) => message);
  let pid: number | null = null;
  while (pid === null) {
    await pause();
    pid = shop.taking.pid();
  }
  const { parent } = scheduled(pid);
  expect(parent).not.toBe(process.pid);
  expect(scheduled(parent).parent).toBe(process.pid);
  process.kill(parent, "SIGKILL");
  expect(await taking).toBe("the process that starts it ended with SIGKILL");
  for (let left = 2_500; isThere(pid) && left > 0; left--) await pause();
  expect(isThere(pid)).toBe(false);
  expect((await shop.taking.take())!.checkpoint.sequence).toBe(23);
  await shop.taking.stop();
  await shop.stop();
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Scheduled {
  readonly parent: number;
  readonly policy: string;
  readonly nice: string;
  readonly session: string;
}

function scheduled(pid: number): Scheduled {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the third one is the first
  const [, parent, , session] = fields;
  return { parent: Number(parent), session: session!, nice: fields[16]!, policy: fields[38]! };
}

test("where nothing is left over it is begun again with more", async () => {
  if (!isLinux) return;
  const log = keptLog();
  const shop = await openShop(beside, {}, { log, haste: Haste.LEFT_OVER, patienceMs: 50 });
  await shop.trade(20);
  const busy = Array.from({ length: 2 * availableParallelism() }, keepBusy);
  try {
    const taking = shop.taking.take();
    const isAgain = (): boolean => log.lines.some((line) => line.includes("begun again"));
    const taken = taking.then(() => true);
    while (!isAgain() && !(await Promise.race([taken, pause()])));
    for (const one of busy.splice(0)) one.kill("SIGKILL");
    expect((await taking)!.checkpoint.sequence).toBe(23);
    expect(log.lines).toEqual([
      "a snapshot is begun again with a higher priority: nothing was left for it",
      "snapshot taken and verified",
    ]);
  } finally {
    for (const one of busy) one.kill("SIGKILL");
  }
  await shop.taking.stop();
  await shop.stop();
}, 60_000);

const pause = (): Promise<false> => new Promise((done) => setTimeout(() => done(false), 20));

function keepBusy(): ChildProcess {
  return spawn("/bin/sh", ["-c", "while :; do :; done"], { stdio: "ignore" });
}

test("one that nobody read back does not count: it is taken again", async () => {
  const shop = await openShop(beside);
  await shop.trade(20);
  await shop.taking.take();
  renameSync(
    join(beside.snapshots, "000000000000023.snapshot"),
    join(beside.snapshots, "000000000000023.snapshot.unverified"), // killed before it was
  );
  expect((await shop.taking.take())!.snapshot).toMatchObject({ sequence: 23, isVerified: true });
  expect(files()).toEqual(["000000000000023.snapshot"]);
  await shop.stop();
});

test("a clean stop does not wait for the one under way: it takes its own, of all there is", async () => {
  const log = keptLog();
  const shop = await openShop(beside, {}, { log, haste: Haste.LEFT_OVER });
  await shop.trade(20);
  const underWay = shop.taking.take().then(
    () => "taken",
    () => "given up",
  );
  await shop.stop();
  await shop.taking.finish();
  expect(["taken", "given up"]).toContain(await underWay);
  const newest = files().toSorted().at(-1);
  expect(newest).toMatch(/^0000000000000(23|24)\.snapshot$/);
  expect(log.lines.filter((line) => line.includes("no snapshot"))).toEqual([]);
});
