/**
 * Three brokers and two processes that want to write: the one that writes is killed or paused, a leader
 * is killed or paused, a follower dies, too few are left, all are restarted. Nothing acknowledged is lost or stands twice, nothing is
 * acknowledged that two brokers do not have, and afterwards orders flow again by themselves.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type KafkaCluster, startCluster } from "../../../../.ci/servers/kafka/cluster.ts";
import { audit, type Contender, primaryOf, startContender, until } from "../../testing/contest.ts";
import { addressOf, newTopic, partitionOf } from "../../testing/kafka.ts";
import { percentile, report, sized } from "../../testing/size.ts";
import type { KafkaAddress } from "./link.ts";

const BROKERS = [1, 2, 3];
const LEASE_MS = 1_000;
const ROUNDS = sized(1, 20); // of seven faults each
const ORDERS_AGAIN = 40;

let cluster: KafkaCluster;
let address: KafkaAddress;
let topic = "";
let contenders: Contender[] = [];

beforeAll(async () => {
  cluster = await startCluster({ brokers: 3 });
  address = addressOf(cluster.brokers);
  topic = await newTopic(address, 3);
  contenders = [contender("a"), contender("b")];
  await tradingAgain(0);
}, 180_000);

afterAll(async () => {
  await Promise.all(contenders.map((one) => one.kill()));
  await cluster?.stop();
});

interface Fault {
  readonly name: string;
  /** Does it; answers how to undo it. */
  readonly strike: () => Promise<() => Promise<void>>;
  /** Whether orders can flow while it lasts. */
  readonly leavesTwo: boolean;
}

const FAULTS: readonly Fault[] = [
  {
    name: "the writer killed",
    leavesTwo: true,
    strike: async () => {
      await until("somebody writes", () => primaryOf(contenders) !== null);
      await primaryOf(contenders)!.kill();
      return async () => void contenders.push(contender(`c${contenders.length}`));
    },
  },
  {
    name: "the writer paused",
    leavesTwo: true,
    strike: async () => {
      await until("somebody writes", () => primaryOf(contenders) !== null);
      const paused = primaryOf(contenders)!;
      paused.pause();
      const others = contenders.filter((one) => one !== paused);
      await until("another writes", () => primaryOf(others) !== null);
      return async () => {
        paused.resume();
        await until("it knows that it is none", () => paused.state() !== "up");
      };
    },
  },
  {
    name: "the leader killed",
    leavesTwo: true,
    strike: async () => {
      const leader = cluster.node((await partitionOf(address, topic)).leader);
      await leader.kill();
      return () => leader.start();
    },
  },
  {
    name: "the leader paused",
    leavesTwo: true,
    strike: async () => {
      const leader = cluster.node((await partitionOf(address, topic)).leader);
      leader.pause();
      return async () => leader.resume();
    },
  },
  {
    name: "a follower killed",
    leavesTwo: true,
    strike: async () => {
      const leader = (await partitionOf(address, topic)).leader;
      const follower = cluster.node(BROKERS.find((id) => id !== leader)!);
      await follower.kill();
      return () => follower.start();
    },
  },
  {
    name: "fewer in sync than two",
    leavesTwo: false,
    strike: async () => {
      const leader = (await partitionOf(address, topic)).leader;
      const others = BROKERS.filter((id) => id !== leader).map((id) => cluster.node(id));
      await Promise.all(others.map((node) => node.kill()));
      return async () => void (await Promise.all(others.map((node) => node.start())));
    },
  },
  {
    name: "all of them killed",
    leavesTwo: false,
    strike: async () => {
      await Promise.all(BROKERS.map((id) => cluster.node(id).kill()));
      return async () => void (await Promise.all(BROKERS.map((id) => cluster.node(id).start())));
    },
  },
];

test.each(FAULTS)(
  "$name",
  async ({ name, strike, leavesTwo }) => {
    const silentMs: number[] = [];
    let untrue = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const undo = await strike();
      const before = orders();
      if (leavesTwo) silentMs.push(await tradingAgain(before));
      else {
        // What was confirmed before may still be told; then there is silence.
        const told = await silence();
        await pauseMs(2 * LEASE_MS);
        untrue += orders() - told;
      }
      await undo();
      await tradingAgain(orders());
      await everyCopyInSync();
    }
    const found = await audit(address, topic, contenders);
    report(name, {
      rounds: ROUNDS,
      acked: found.acked,
      terms: found.terms,
      ...(leavesTwo && {
        silentMsP50: percentile(silentMs, 0.5),
        silentMsMost: Math.max(...silentMs),
      }),
    });
    expect(untrue).toBe(0);
    expect(found).toMatchObject({ lost: [], doubled: 0 });
    expect(found.again).toBeGreaterThan(0); // whoever took over has sent the newest once more
  },
  sized(180_000, 3_600_000),
);

function contender(name: string): Contender {
  return startContender(address, topic, name, LEASE_MS);
}

function orders(): number {
  return contenders.reduce((sum, { acked }) => sum + acked.size, 0);
}

/** Waits until some orders more are acknowledged than `before`; how long that took. */
function tradingAgain(before: number): Promise<number> {
  return until("orders flow again", () => orders() > before + ORDERS_AGAIN, 120_000);
}

/** Waits until nothing was told for a while; how many orders had been then. */
async function silence(): Promise<number> {
  for (;;) {
    const told = orders();
    await pauseMs(500);
    if (orders() === told) return told;
  }
}

/** A fault that meets the one before it half healed would be another fault. */
async function everyCopyInSync(): Promise<void> {
  for (;;) {
    const { isr } = await partitionOf(address, topic).catch(() => ({ isr: [] }));
    if (isr.length === BROKERS.length) return;
    await pauseMs(200);
  }
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
