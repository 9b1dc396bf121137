/**
 * A shard of a cluster as an operator runs it: an engine, its standby and its match stream at a real broker.
 * The engine is killed, the standby takes over, and what was acknowledged is there, and heard, once.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openEntryClient } from "../engine/client/entry-client.ts";
import { readMatchStream } from "../engine/client/match-stream.ts";
import { commitAll, hear } from "../engine/client/testing/heard.ts";
import { EventType, Side } from "../engine/core/codes.ts";
import { until } from "../engine/shell/testing/contest.ts";
import { startTestBroker, type TestBroker } from "../engine/shell/testing/kafka.ts";
import { MARKET, placed } from "../engine/shell/testing/orders.ts";
import { solebook } from "./testing/command.ts";

const LAUNCHER = fileURLToPath(new URL("./solebook.mjs", import.meta.url));

interface Engine {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  /** Resolves once it has said so, with what the pattern's parentheses caught. */
  said(pattern: RegExp): Promise<string>;
}

let broker: TestBroker;
const engines: Engine[] = [];
beforeAll(async () => void (broker = await startTestBroker()));
afterAll(async () => {
  for (const { child } of engines) child.kill("SIGKILL");
  await broker.stop();
});

function start(more: readonly string[]): Engine {
  return startVerb("engine", ["--replication", "1", ...more]);
}

function startVerb(verb: string, more: readonly string[]): Engine {
  const own = [verb, "--shard", "0", "--topic", `cli-${process.pid}`];
  const args = ["--disable-warning=ExperimentalWarning", LAUNCHER, ...own, ...more];
  const brokers = broker.address.brokers.join(",");
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, KAFKA_BROKERS: brokers },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part: Buffer) => void (output += part.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const said = async (pattern: RegExp): Promise<string> => {
    let isOver = false; // not when it has gone: its last words are still to be read then
    void ended.then(() => (isOver = true));
    await until(`${pattern} is said`, () => pattern.test(output) || isOver);
    const found = pattern.exec(output);
    if (found === null) throw new Error(`it ended without ${pattern}: ${output}`);
    return found[1] ?? "";
  };
  const engine = { child, ended, output: () => output, said };
  engines.push(engine);
  return engine;
}

const isAccepted = (line: string): boolean => line.endsWith(" accepted");

/** What a reader from the first command on hears: "SEQUENCE KIND". */
function listen(address: string): { readonly heard: readonly string[]; stop(): Promise<void> } {
  const heard: string[] = [];
  const stop = new AbortController();
  const { signal } = stop;
  const reading = (async () => {
    for await (const { events } of readMatchStream({
      address,
      shard: 0,
      fromSequence: 1,
      signal,
    })) {
      for (const { sequence, event } of events) heard.push(`${sequence} ${event.case}`);
    }
  })();
  return {
    heard,
    stop: async () => {
      stop.abort();
      await reading;
    },
  };
}

test("an engine that is killed: its standby takes over, and every order is there once", async () => {
  const stream = startVerb("match-stream", []);
  await stream.said(/waiting for the journal to be made/);
  const standby = start(["--standby"]);
  await standby.said(/waiting for the journal to be made/);
  const first = start([]);
  const address = /gateways {2}(\S+)/;
  const addresses = [await first.said(address), await standby.said(address)];
  const isUp = /"msg":"primary"/;
  await until("one leads", () => engines.some(({ output }) => isUp.test(output())));
  // Whoever of the two was first: a standby of a journal that nobody writes may be.
  const [up, other] = isUp.test(first.output()) ? [first, standby] : [standby, first];

  const client = openEntryClient({ shard: 0, addresses });
  const heard = hear(client);
  await heard.ready();
  await heard.answered(commitAll(client, MARKET));
  const reader = listen(await stream.said(/readers {2}(\S+)/));
  const order = placed({
    id: "once",
    side: Side.BID,
    deadlineUs: Date.now() * 1_000 + 600_000_000,
  });
  await heard.answered(commitAll(client, [order]));
  up.child.kill("SIGKILL");
  await other.said(isUp);
  await until("the client has found it", () => heard.said.includes("back"));
  const again = commitAll(client, [order]);
  await heard.answered(again);
  expect(heard.answers.get(again[0]!)).toEqual([EventType.ACCEPTED]);
  await until("it is told", () => client.stats().sequence >= MARKET.length + 2);
  expect(client.stats()).toMatchObject({ ordersTotal: 1, ordersOpen: 1 });
  client.close();
  const late = listen(await stream.said(/readers {2}(\S+)/)); // who hears all of it from memory or the topic
  for (const { heard: told } of [reader, late]) {
    await until("the same order is answered again", () => told.filter(isAccepted).length === 2);
    expect(told.filter((line) => line.endsWith(" rested"))).toHaveLength(1);
    expect(new Set(told).size).toBe(told.length);
  }
  expect(reader.heard).toEqual(late.heard);
  await Promise.all([reader.stop(), late.stop()]);
  stream.child.kill("SIGTERM");
  expect(await stream.ended).toBe(0);

  other.child.kill("SIGTERM");
  expect(await other.ended).toBe(0);
  expect(other.output()).toContain("stopped; everything is in the journal");
}, 180_000);

test("one that waits for its journal ends at once when it is asked to", async () => {
  const waiting = start(["--standby", "--topic", "never-made"]);
  await waiting.said(/waiting for the journal to be made/);
  waiting.child.kill("SIGINT");
  expect(await waiting.ended).toBe(0);
});

test.each<[readonly string[], number, string]>([
  [["--brokers", "127.0.0.1:1"], 2, "--shard is missing"],
  [["--shard", "0"], 2, "--brokers is missing, and KAFKA_BROKERS is not set"],
  [["--shard", "0", "--brokers", "kafka"], 2, 'a broker is HOST:PORT, not "kafka"'],
  [["--shard", "0", "--brokers", "127.0.0.1:1"], 1, "cannot be asked about topic solebook-shard-0"],
])("%j exits %i and says why", async (args, status, words) => {
  for (const verb of ["engine", "match-stream"]) {
    const ended = await solebook([verb, ...args]);
    expect(ended).toMatchObject({ status, stdout: "" });
    expect(ended.stderr).toContain(words);
  }
});
