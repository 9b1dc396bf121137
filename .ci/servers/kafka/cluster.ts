/**
 * A real Kafka cluster for tests, benches and looking at: one broker, or three and a controller of
 * their own (three that are both lose their quorum with two of them). Its folder is temporary, and
 * its processes end with the one that started them.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokerJars, findJava } from "./jars.ts";
import { type Guarded, planGuarded, withGuarded } from "./guarded.ts";
import { freePorts } from "../ports.ts";
import { type BrokerNode, makeNode } from "./node.ts";

export type { BrokerNode } from "./node.ts";

export interface KafkaCluster {
  /** Where clients begin, HOST:PORT each. */
  readonly brokers: readonly string[];
  /** The listener of the first that wants TLS and a password, if that was asked for. */
  readonly guarded: Guarded | null;
  /** The broker with that id: 1, or 1 to 3. */
  node(id: number): BrokerNode;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly brokers: 1 | 3;
  /** What clients are told to connect to instead, by the broker's own port: a proxy in between. */
  readonly advertise?: (port: number) => Promise<string>;
  /** One broker, which has a second listener that wants TLS and a password. */
  readonly isGuarded?: boolean;
}

const START_MS_MAX = 60_000;
const CONTROLLER_ID = 100;
const FOLDERS = "solebook-kafka-";

/** Faster to notice a death than the defaults, and still steady on a loaded machine. */
const FAILOVER = {
  "broker.session.timeout.ms": "1500",
  "broker.heartbeat.interval.ms": "200",
  "replica.fetch.wait.max.ms": "100",
  "replica.fetch.backoff.ms": "100",
  "replica.lag.time.max.ms": "2000",
};

export async function startCluster(options: ClusterOptions): Promise<KafkaCluster> {
  sweep();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDERS}${process.pid}-`));
  const nodes: BrokerNode[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.end()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const plans = await planNodes(options, folder);
    const parts = { java: findJava(), jars: brokerJars(), clusterId: clusterId() };
    for (const plan of plans) mkdirSync(plan.folder);
    const guarded = options.isGuarded ? await guard(plans, parts.java) : null;
    nodes.push(...(await Promise.all(plans.map((plan) => makeNode({ ...plan, ...parts })))));
    await Promise.all(nodes.map((node) => node.start()));
    const brokers = nodes.flatMap(({ address }) => (address === null ? [] : [address]));
    await Promise.all(nodes.map(waitUntilItAnswers));
    return {
      brokers,
      guarded,
      node: (id) => {
        const node = nodes.find((one) => one.id === id && one.address !== null);
        if (node === undefined) throw new Error(`there is no broker ${id}`);
        return node;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function guard(plans: Plan[], java: string): Promise<Guarded> {
  const [plan] = plans;
  const [port] = await freePorts(1);
  const guarded = planGuarded(java, plan!.folder, port!);
  const settings = withGuarded(plan!.settings, guarded);
  plans[0] = { ...plan!, settings, format: guarded.format };
  return guarded;
}

/** Removes what is left of clusters whose process was killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(FOLDERS) ? Number(name.slice(FOLDERS.length).split("-")[0]) : 0;
    if (pid === 0 || isAlive(pid)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

interface Plan {
  readonly id: number;
  readonly folder: string;
  readonly address: string | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly format?: readonly string[];
}

async function planNodes(options: ClusterOptions, folder: string): Promise<Plan[]> {
  const count = options.brokers;
  const [controllerPort = 0, ...ports] = await freePorts(count + 1);
  const isOne = count === 1;
  const voters = `${isOne ? 1 : CONTROLLER_ID}@127.0.0.1:${controllerPort}`;
  const common = { ...clusterSettings(count), "controller.quorum.voters": voters };
  const plans: Plan[] = [];
  for (const [index, port] of ports.entries()) {
    const id = index + 1;
    const own = join(folder, `broker-${id}`);
    const address = `127.0.0.1:${port}`;
    const controller = isOne ? `,CONTROLLER://127.0.0.1:${controllerPort}` : "";
    plans.push({
      id,
      folder: own,
      address,
      settings: {
        ...common,
        "process.roles": isOne ? "broker,controller" : "broker",
        "node.id": String(id),
        "log.dirs": join(own, "data"),
        listeners: `BROKER://${address}${controller}`,
        "advertised.listeners": `BROKER://${(await options.advertise?.(port)) ?? address}`,
      },
    });
  }
  if (isOne) return plans;
  const own = join(folder, "controller");
  const settings = {
    ...common,
    "process.roles": "controller",
    "node.id": String(CONTROLLER_ID),
    "log.dirs": join(own, "data"),
    listeners: `CONTROLLER://127.0.0.1:${controllerPort}`,
  };
  return [{ id: CONTROLLER_ID, folder: own, address: null, settings }, ...plans];
}

function clusterSettings(brokers: number): Record<string, string> {
  const copies = String(brokers);
  const inSync = String(Math.min(brokers, 2));
  return {
    ...FAILOVER,
    "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "BROKER",
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
  };
}

/** 22 characters of base64url, not beginning with a dash that would be read as an option. */
function clusterId(): string {
  return `A${randomBytes(16).toString("base64url").slice(1)}`;
}

async function waitUntilItAnswers(node: BrokerNode): Promise<void> {
  if (node.address === null) return;
  const [host, port] = node.address.split(":");
  const giveUpMs = performance.now() + START_MS_MAX;
  while (performance.now() < giveUpMs) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), host, () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (answers) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`broker ${node.id} does not answer after 60 s:\n${node.lastWords()}`);
}
