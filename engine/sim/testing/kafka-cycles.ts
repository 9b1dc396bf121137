/**
 * Three processes that want to write a journal at three real brokers. In turns the writer is killed or
 * paused, or the broker that leads is; each time orders must flow again by themselves, and whoever took
 * over sends the newest orders again. Afterwards the journal is compared with what was acknowledged.
 */
import { type KafkaCluster, startCluster } from "../../../.ci/servers/kafka/cluster.ts";
import type { KafkaAddress } from "../../shell/journal/kafka/link.ts";
import {
  audit,
  type Contender,
  primaryOf,
  startContender,
  until,
} from "../../shell/testing/contest.ts";
import { addressOf, newTopic, partitionOf } from "../../shell/testing/kafka.ts";
import { percentile } from "../../shell/testing/size.ts";
import type { Cycles } from "./file-cycles.ts";

const LEASE_MS = 1_000;
const BROKERS = 3;
const PROCESSES = 3;
const ORDERS_AGAIN = 40;
const WAIT_MS_MAX = 120_000;

export interface KafkaCycles extends Cycles {
  readonly again: number;
  readonly terms: number;
  readonly findings: readonly string[];
  /** From the writer's SIGKILL until another one leads. */
  readonly takeoverMs: { readonly p50: number; readonly p99: number };
  /** From any of the blows until orders flow again. */
  readonly silentMs: { readonly p50: number; readonly p99: number };
}

interface Contest {
  readonly cluster: KafkaCluster;
  readonly address: KafkaAddress;
  readonly topic: string;
  /** All there ever were. */
  readonly all: Contender[];
  readonly takeoverMs: number[];
  readonly silentMs: number[];
}

export async function runKafkaCycles(
  cycles: number,
  tell: (words: string) => void,
): Promise<KafkaCycles> {
  const cluster = await startCluster({ brokers: BROKERS });
  const all: Contender[] = [];
  try {
    const address = addressOf(cluster.brokers);
    const topic = await newTopic(address, BROKERS);
    const contest: Contest = { cluster, address, topic, all, takeoverMs: [], silentMs: [] };
    for (let i = 0; i < PROCESSES; i++) join(contest);
    await flowing(contest, 0);
    const blows = [killWriter, killLeader, pauseWriter, pauseLeader];
    for (let cycle = 0; cycle < cycles; cycle++) {
      await blows[cycle % blows.length]!(contest);
      await healed(contest);
      if ((cycle + 1) % 10 === 0) tell(`${cycle + 1} of ${cycles} cycles: ${orders(all)} orders`);
    }
    const { lost, twice, ...found } = await audit(address, topic, all);
    const { takeoverMs, silentMs } = contest;
    return {
      cycles,
      ...found,
      lost: lost.length,
      findings: [...lost, ...twice],
      takeoverMs: percentiles(takeoverMs),
      silentMs: percentiles(silentMs),
    };
  } finally {
    await Promise.all(all.map((one) => one.kill()));
    await cluster.stop();
  }
}

function percentiles(values: readonly number[]): { readonly p50: number; readonly p99: number } {
  const rounded = (share: number): number => Math.round(percentile(values, share));
  return { p50: rounded(0.5), p99: rounded(0.99) };
}

function join({ address, topic, all }: Contest): void {
  all.push(startContender(address, topic, `p${all.length}`, LEASE_MS));
}

function orders(all: readonly Contender[]): number {
  return all.reduce((sum, { acked }) => sum + acked.size, 0);
}

/** Some orders more than `before`; how long that took. */
function flowing({ all }: Contest, before: number): Promise<number> {
  return until("orders flow again", () => orders(all) > before + ORDERS_AGAIN, WAIT_MS_MAX);
}

async function writer({ all }: Contest): Promise<Contender> {
  await until("somebody leads", () => primaryOf(all) !== null, WAIT_MS_MAX);
  return primaryOf(all)!;
}

async function killWriter(contest: Contest): Promise<void> {
  const killed = await writer(contest);
  await killed.kill();
  const others = contest.all.filter((one) => one !== killed);
  const before = orders(contest.all);
  contest.takeoverMs.push(
    await until("another leads", () => primaryOf(others) !== null, WAIT_MS_MAX),
  );
  await flowing(contest, before);
  join(contest);
}

async function pauseWriter(contest: Contest): Promise<void> {
  const paused = await writer(contest);
  paused.pause();
  const others = contest.all.filter((one) => one !== paused);
  await until("another leads", () => primaryOf(others) !== null, WAIT_MS_MAX);
  const ledFrom = orders(others);
  await until("orders flow again", () => orders(others) > ledFrom + ORDERS_AGAIN, WAIT_MS_MAX);
  paused.resume();
  await until("it knows that it is none", () => paused.state() !== "up", WAIT_MS_MAX);
}

async function killLeader(contest: Contest): Promise<void> {
  const { cluster, address, topic, all } = contest;
  const leader = cluster.node((await partitionOf(address, topic)).leader);
  await leader.kill();
  contest.silentMs.push(await flowing(contest, orders(all)));
  await leader.start();
}

async function pauseLeader(contest: Contest): Promise<void> {
  const { cluster, address, topic, all } = contest;
  const leader = cluster.node((await partitionOf(address, topic)).leader);
  leader.pause();
  contest.silentMs.push(await flowing(contest, orders(all)));
  leader.resume();
}

/** A blow that meets the one before it half healed would be another one. */
async function healed(contest: Contest): Promise<void> {
  const { address, topic, all } = contest;
  for (;;) {
    const { isr } = await partitionOf(address, topic).catch(() => ({ isr: [] }));
    if (isr.length === BROKERS) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await flowing(contest, orders(all));
}
