/**
 * What an order notices of a snapshot that is taken beside it: p99 of an ack while one is taken, and for
 * as long while none is, in turns. Orders come at a steady rate, whether or not answers do.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRingClient, Refusal } from "../../engine/client/index.ts";
import * as core from "../../engine/core/index.ts";
import type { ShardHandle } from "../../engine/shell/main.ts";
import { shardOnFiles, startSnapshots } from "../../engine/shell/snapshot/main.ts";

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
  /** Medians of the rounds. */
  readonly snapshotMs: number;
  readonly quietMs: number;
  /** The one in the other, median of the rounds. */
  readonly ratio: number;
  /** How long one took. */
  readonly seconds: number;
}

const PER_MS = 2;
const LOAD_AT_ONCE = 2_000;

export async function measureBeside(shard: ShardHandle, task: BesideTask): Promise<BesideFigures> {
  const { directory, rounds, timedFrom } = task;
  const snapshotDirectory = join(directory, "snapshots");
  mkdirSync(snapshotDirectory);
  const sender = openSender(shard, task);
  await shard.ready;
  await sender.load(timedFrom);
  const fail = (_fields: object, words: string): void => console.error(words);
  const snapshots = startSnapshots({
    shard: shard.shard,
    subject: shardOnFiles(shard.status, join(directory, "journal")),
    snapshotDirectory,
    log: { info: () => {}, warn: fail, error: fail },
    everyCommands: Number.MAX_SAFE_INTEGER,
  });
  const taken: number[] = [];
  const [during, without]: [number[], number[]] = [[], []];
  await snapshots.take(); // from the first command; those that follow begin with it
  for (let round = 0; round < rounds; round++) {
    const beganMs = performance.now();
    during.push(await sender.p99While(snapshots.take()));
    const ms = performance.now() - beganMs;
    taken.push(ms / 1_000);
    without.push(await sender.p99While(sleep(ms)));
  }
  await snapshots.stop();
  return {
    snapshotMs: middle(during),
    quietMs: middle(without),
    ratio: middle(during.map((ms, round) => ms / without[round]!)),
    seconds: middle(taken),
  };
}

interface Sender {
  /** All before that index, as fast as they are answered. */
  load(to: number): Promise<void>;
  /** Milliseconds, of those that were sent meanwhile. */
  p99While(work: Promise<unknown>): Promise<number>;
}

function openSender(shard: ShardHandle, { commands, end }: BesideTask): Sender {
  const client = openRingClient(shard);
  const sentMs = new Float64Array(end);
  let tookMs: number[] = [];
  const count = { sent: 0, answered: 0 };
  client.listen({
    onEvent: ({ f64 }, index) => {
      const correlation = f64[index * core.EVENT_F64 + core.EventF64.correlation]!;
      if (correlation === 0) return; // nobody's answer
      count.answered++;
      tookMs.push(performance.now() - sentMs[correlation - 1]!);
    },
    onBatchEnd: () => {},
    onReady: () => {},
    onStopped: () => {},
  });

  function send(): void {
    const next = count.sent++;
    if (next === end)
      throw new Error("a snapshot takes so long that there is nothing more to send");
    const index = client.reserve();
    const bytes = core.COMMAND_BYTES;
    const at = index * core.COMMAND_F64;
    client.commands.u8.set(commands.u8.subarray(next * bytes, (next + 1) * bytes), index * bytes);
    client.commands.f64[at + core.CommandF64.deadlineUs] = 0;
    client.commands.f64[at + core.CommandF64.correlation] = next + 1;
    client.commit();
    sentMs[next] = performance.now();
  }

  async function allAnswered(): Promise<void> {
    while (count.answered < count.sent) await sleep(1);
  }

  return {
    load: async (to) => {
      while (count.sent < to) {
        for (let n = 0; n < LOAD_AT_ONCE && count.sent < to; n++) send();
        client.flush();
        await allAnswered();
      }
    },
    p99While: async (work) => {
      const over = new AbortController();
      void work.finally(() => over.abort()).catch(() => {});
      const beganMs = performance.now();
      const first = count.sent;
      tookMs = [];
      while (!over.signal.aborted) {
        const due = first + Math.floor((performance.now() - beganMs) * PER_MS);
        while (count.sent < due && client.refusal() === Refusal.NONE) send(); // full after a pause
        client.flush();
        await sleep(1);
      }
      await work;
      await allAnswered();
      return tookMs.toSorted((a, b) => a - b)[Math.floor(tookMs.length * 0.99)]!;
    },
  };
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
