/**
 * What whoever holds a ShardClient may rely on, whichever it is: over rings to a shard of this process
 * with a journal on files, and over gRPC to an engine of a cluster.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventType, Side } from "../core/codes.ts";
import { COMMAND_BYTES } from "../core/command.ts";
import { SEGMENT_BYTES_MIN } from "../shell/journal/segments.ts";
import { type ShardHandle, startShard } from "../shell/main.ts";
import {
  ENGINE_SIZES,
  startTestEngine,
  STEADY_LEASE_MS,
  type TestEngine,
} from "../shell/testing/cluster-engine.ts";
import { makeMemoryBroker } from "../shell/testing/memory-broker.ts";
import { MARKET, placed } from "../shell/testing/orders.ts";
import { openEntryClient } from "./entry-client.ts";
import { openRingClient } from "./ring-client.ts";
import { Refusal, type ShardClient } from "./shard-client.ts";
import { commitAll, hear, type Heard } from "./testing/heard.ts";

interface Exchange {
  readonly name: string;
  start(): Promise<ShardClient>;
  /** Ends the shard and starts it again on what it had kept, with another client. */
  restart(): Promise<ShardClient>;
  stop(): Promise<void>;
}

describe.each([overRings(), overGrpc()])("over $name", (exchange) => {
  let client: ShardClient;
  let heard: Heard;
  beforeAll(async () => {
    client = await exchange.start();
  });
  afterAll(() => exchange.stop());

  test("it takes nothing before everything was told; then records are zero", async () => {
    expect([client.refusal(), client.reserve()]).toEqual([Refusal.STOPPED, -1]);
    heard = hear(client);
    await heard.ready();
    const at = client.reserve() * COMMAND_BYTES;
    expect(client.commands.u8.subarray(at, at + COMMAND_BYTES).every((byte) => byte === 0)).toBe(
      true,
    );
  });

  test("each command is answered once, under its own correlation, in sequence", async () => {
    const setUp = commitAll(client, MARKET);
    await heard.answered(setUp);
    const orders = [
      placed({ id: "a", side: Side.ASK, account: 1 }),
      placed({ id: "b", side: Side.BID, account: 2 }),
      placed({ id: "c", side: Side.BID, account: 9 }),
    ];
    const asked = commitAll(client, orders);
    await heard.answered(asked);
    expect(asked.map((correlation) => heard.answers.get(correlation))).toEqual([
      [EventType.ACCEPTED],
      [EventType.ACCEPTED],
      [EventType.REJECTED],
    ]);
    expect(heard.sequences).toEqual([1, 2, 3, 4, 5, 6]);
    expect(heard.batches).toBeGreaterThan(0);
  });

  test("totals are the shard's", async () => {
    await until(() => client.stats().sequence === 6);
    expect(client.stats()).toMatchObject({ shard: 0, tradesTotal: 1, ordersOpen: 0 });
  });

  test("more than it has room for is refused by name, and taken later", async () => {
    const asked: number[] = [];
    for (let turn = 0; client.refusal() !== Refusal.RING_FULL; turn++) {
      if (turn > 100_000) throw new Error("it is never full");
      asked.push(...commitAll(client, [placed({ id: `f${turn}`, side: Side.BID })], false));
    }
    expect(client.reserve()).toBe(-1);
    client.flush();
    await heard.answered(asked);
    await until(() => client.refusal() === Refusal.NONE); // room is told of after the answers
    expect(asked.every((correlation) => heard.answers.get(correlation)?.length === 1)).toBe(true);
  });

  test("after a restart all is told again before it is live", async () => {
    const before = heard.log.slice();
    client = await exchange.restart();
    const again = hear(client);
    await again.ready();
    expect(again.log.slice(0, before.length)).toEqual(before);
    const asked = commitAll(client, [placed({ id: "last", side: Side.BID })]);
    await again.answered(asked);
    expect(again.answers.get(asked[0]!)).toEqual([EventType.ACCEPTED]);
  });
});

function overRings(): Exchange {
  const directory = mkdtempSync(join(tmpdir(), "solebook-client-"));
  let shard: ShardHandle;
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const options = { accountsMax: 16, instrumentsMax: 16, ordersMax: 65_536, idsMax: 131_072 };
  const start = async (): Promise<ShardClient> => {
    const segmentBytes = 64 * SEGMENT_BYTES_MIN;
    shard = startShard({ shard: 0, directory, log: silent, segmentBytes, options });
    return openRingClient(shard);
  };
  return {
    name: "rings",
    start,
    restart: async () => {
      await shard.stop();
      return start();
    },
    stop: async () => {
      await shard.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function overGrpc(): Exchange {
  const broker = makeMemoryBroker();
  let engine: TestEngine;
  let client: ReturnType<typeof openEntryClient>;
  const start = async (): Promise<ShardClient> => {
    engine = await startTestEngine(broker, ENGINE_SIZES, 0, STEADY_LEASE_MS);
    client = openEntryClient({ shard: 0, addresses: [engine.address] });
    return client;
  };
  const stop = async (): Promise<void> => {
    client.close();
    await engine.handle.stop();
  };
  return {
    name: "gRPC",
    start,
    restart: async () => {
      await stop();
      return start();
    },
    stop,
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
