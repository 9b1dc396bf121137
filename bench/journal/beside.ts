/**
 * What an order notices of a snapshot that is taken beside it: p99 of an ack while one is taken, and
 * while none is. Orders come at a steady rate, whether or not answers do.
 *
 * A snapshot takes its time, and a machine's neighbours have their minutes: its process is stopped and let
 * go on again, and the orders of both kinds of moments are compared, two neighbours of each at a time: a disk
 * that stands still for a while, which is neither's doing, is felt in one of hundreds of comparisons.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRingClient, Refusal } from "../../engine/client/index.ts";
import * as core from "../../engine/core/index.ts";
import type { ShardHandle } from "../../engine/shell/main.ts";
import { shardOnFiles, type Snapshots, startSnapshots } from "../../engine/shell/snapshot/main.ts";

export interface BesideTask {
  /** The shard's, whose journal is in `journal`. */
  readonly directory: string;
  readonly commands: core.Commands;
  /** Before this index: the load, at once. Behind it: one after the other. */
  readonly timedFrom: number;
  readonly end: number;
  readonly rounds: number;
}

export interface BesideFigures {
  /** Medians of all comparisons. */
  readonly snapshotMs: number;
  readonly quietMs: number;
  /** The one in the other, median of the comparisons. */
  readonly ratio: number;
  readonly comparisons: number;
  /** Nine times in ten the median of ever so many comparisons lies between these two. */
  readonly likely: readonly [number, number];
  /** A tenth of the comparisons is beyond: of the ratio, and of its inverse, by which to judge it. */
  readonly tailTaken: number;
  readonly tailQuiet: number;
  /** How long one takes, its stops left out. */
  readonly seconds: number;
}

const PER_MS = 2;
/** Ten times in a second; what comes just after a change is nobody's. */
const MOMENT_MS = 100;
const CHANGE_MS = 15;
/** Moments of either kind in a comparison: 400 orders each. */
const MOMENTS = 2;
/** Of either kind, for a p99; what is left at the end of a snapshot may be too few. */
const ORDERS_MIN = 250;
const LOAD_AT_ONCE = 2_000;
/** Standard deviations to either side. */
const NINE_IN_TEN = 1.645;

export async function measureBeside(shard: ShardHandle, task: BesideTask): Promise<BesideFigures> {
  const { directory, rounds, timedFrom } = task;
  const snapshotDirectory = join(directory, "snapshots");
  mkdirSync(snapshotDirectory);
  const sender = openSender(shard, task);
  const fail = (_fields: object, words: string): void => console.error(words);
  const snapshots = startSnapshots({
    shard: shard.shard,
    subject: shardOnFiles(shard.status, join(directory, "journal")),
    snapshotDirectory,
    log: { info: () => {}, warn: fail, error: fail },
    everyCommands: Number.MAX_SAFE_INTEGER,
  });
  await shard.ready;
  await sender.load(timedFrom);
  const taken: number[] = [];
  const [during, without]: [number[], number[]] = [[], []];
  await snapshots.take(); // from the first command; those that follow begin with it
  await sender.sendWhile(sleep(2 * MOMENT_MS), () => Kind.NOBODYS); // so that there is something to take one of
  for (let round = 0; round < rounds; round++) {
    const { compared, ms } = await inTurns(sender, snapshots);
    taken.push(ms / 1_000);
    for (const { on, off } of compared) {
      during.push(on);
      without.push(off);
    }
  }
  await snapshots.stop();
  if (during.length === 0) throw new Error("too few orders came beside a snapshot to compare");
  const ratios = during.map((ms, at) => ms / without[at]!);
  return {
    snapshotMs: middle(during),
    quietMs: middle(without),
    ratio: middle(ratios),
    comparisons: during.length,
    likely: likelyMiddle(ratios),
    tailTaken: share(ratios, 0.9),
    tailQuiet: 1 / share(ratios, 0.1),
    seconds: middle(taken),
  };
}

/** One snapshot, stopped and let go on, and p99 of both kinds of moments, so many at a time. */
async function inTurns(sender: Sender, snapshots: Snapshots) {
  let kind: Kind = Kind.NOBODYS;
  let ms = 0;
  const compared: { on: number; off: number }[] = [];
  function compare(ordersMin: number): void {
    const { [Kind.TAKEN]: on, [Kind.QUIET]: off } = sender.p99s(ordersMin);
    if (on > 0 && off > 0) compared.push({ on, off });
  }
  const over = new AbortController();
  const taking = snapshots.take().finally(() => over.abort());
  const tell = (signal: "SIGCONT" | "SIGSTOP" | "SIGKILL"): void => {
    const pid = snapshots.pid();
    if (pid !== null) process.kill(pid, signal);
  };
  // Whatever ends this process, one that is stopped would outlive it, and hold its output open.
  const kill = (): void => tell("SIGKILL");
  process.once("exit", kill);
  void taking.finally(() => process.off("exit", kill)).catch(() => {});
  async function alternate(): Promise<void> {
    for (let moment = 1; !over.signal.aborted; moment++) {
      const isOn = moment % 2 === 1;
      const beganMs = performance.now();
      tell(isOn ? "SIGCONT" : "SIGSTOP");
      await sleep(CHANGE_MS);
      kind = isOn ? Kind.TAKEN : Kind.QUIET;
      await sleep(MOMENT_MS);
      kind = Kind.NOBODYS;
      if (isOn) ms += performance.now() - beganMs;
      if (moment % (2 * MOMENTS) === 0) compare(ORDERS_MIN);
    }
  }
  await sender.sendWhile(Promise.all([taking, alternate()]), () => kind);
  compare(compared.length > 0 ? ORDERS_MIN : 1); // what is left, or all of a small one
  return { compared, ms };
}

const Kind = { NOBODYS: 0, TAKEN: 1, QUIET: 2 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

interface Sender {
  /** All before that index, as fast as they are answered. */
  load(to: number): Promise<void>;
  /** At its rate, until that is done and all are answered. */
  sendWhile(work: Promise<unknown>, kind: () => Kind): Promise<void>;
  /**
   * Milliseconds, of those answered since it was asked last, by the kind of the moment they were sent in;
   * NaN of fewer than so many.
   */
  p99s(ordersMin: number): Record<Kind, number>;
}

function openSender(shard: ShardHandle, { commands, end }: BesideTask): Sender {
  const client = openRingClient(shard);
  const sentMs = new Float64Array(end);
  const kinds = new Uint8Array(end);
  const tookMs: Record<Kind, number[]> = { [Kind.NOBODYS]: [], [Kind.TAKEN]: [], [Kind.QUIET]: [] };
  const count = { sent: 0, answered: 0 };
  client.listen({
    onEvent: ({ f64 }, index) => {
      const correlation = f64[index * core.EVENT_F64 + core.EventF64.correlation]!;
      if (correlation === 0) return; // nobody's answer
      count.answered++;
      const ms = performance.now() - sentMs[correlation - 1]!;
      tookMs[kinds[correlation - 1] as Kind].push(ms);
    },
    onBatchEnd: () => {},
    onReady: () => {},
    onStopped: () => {},
  });

  function send(kind: Kind): void {
    const next = count.sent++;
    const index = client.reserve();
    const bytes = core.COMMAND_BYTES;
    const at = index * core.COMMAND_F64;
    client.commands.u8.set(commands.u8.subarray(next * bytes, (next + 1) * bytes), index * bytes);
    client.commands.f64[at + core.CommandF64.deadlineUs] = 0;
    client.commands.f64[at + core.CommandF64.correlation] = next + 1;
    client.commit();
    sentMs[next] = performance.now();
    kinds[next] = kind;
  }

  async function allAnswered(): Promise<void> {
    while (count.answered < count.sent) await sleep(1);
  }

  return {
    load: async (to) => {
      while (count.sent < to) {
        for (let n = 0; n < LOAD_AT_ONCE && count.sent < to; n++) send(Kind.NOBODYS);
        client.flush();
        await allAnswered();
      }
    },
    sendWhile: async (work, kind) => {
      const over = new AbortController();
      void work.finally(() => over.abort()).catch(() => {});
      const beganMs = performance.now();
      const first = count.sent;
      for (const took of Object.values(tookMs)) took.length = 0;
      while (!over.signal.aborted) {
        const due = first + Math.floor((performance.now() - beganMs) * PER_MS);
        const to = Math.min(due, end); // behind the last one a snapshot goes on without company
        while (count.sent < to && client.refusal() === Refusal.NONE) send(kind()); // full after a pause
        client.flush();
        await sleep(1);
      }
      await work;
      await allAnswered();
    },
    p99s: (ordersMin) => {
      const p99 = (kept: number[]): number => {
        const ms = kept.splice(0);
        return ms.length < ordersMin ? Number.NaN : share(ms, 0.99);
      };
      return { 0: p99(tookMs[0]), 1: p99(tookMs[1]), 2: p99(tookMs[2]) };
    },
  };
}

const middle = (values: readonly number[]): number => share(values, 0.5);

/** By rank: each comparison is above the median they come from as likely as below. */
function likelyMiddle(values: readonly number[]): [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const [half, off] = [sorted.length / 2, (NINE_IN_TEN * Math.sqrt(sorted.length)) / 2];
  const last = sorted.length - 1;
  const upper = Math.min(Math.round(half + off), last);
  return [sorted[last - upper]!, sorted[upper]!];
}

/** The value that such a share of them is below. */
function share(values: readonly number[], below: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * below)] ?? Number.NaN;
}
