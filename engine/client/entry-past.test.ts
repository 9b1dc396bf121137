/** A shard's past, told by whoever is its primary: all of it, in order, also across a takeover. */
import { afterEach, expect, test } from "@jest/globals";
import { Side } from "../core/codes.ts";
import { EVENT_BYTES, EVENT_F64, EventF64, type Events, EventU8 } from "../core/event.ts";
import { startTestEngine, type TestEngine } from "../shell/testing/cluster-engine.ts";
import { makeMemoryBroker } from "../shell/testing/memory-broker.ts";
import { MARKET, placed } from "../shell/testing/orders.ts";
import { openEntryClient } from "./entry-client.ts";
import { openEntryPast } from "./entry-past.ts";
import { commitAll, hear, type Heard } from "./testing/heard.ts";

const ALL = { instruments: new Map([[1, 0]]), accounts: new Set<number>() };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Cluster {
  readonly addresses: readonly string[];
  readonly primary: TestEngine;
  readonly heard: Heard;
}

/** Two engines, and a market with many orders: more than one message of events. */
async function trade(): Promise<Cluster> {
  const broker = makeMemoryBroker();
  const primary = await startTestEngine(broker);
  ends.push(() => primary.handle.stop());
  const client = openEntryClient({ shard: 0, addresses: [primary.address] });
  const heard = hear(client);
  await heard.ready();
  const standby = await startTestEngine(broker);
  ends.push(() => standby.handle.stop());
  await heard.answered(commitAll(client, MARKET));
  for (let turn = 0; turn < 6; turn++) {
    const orders = Array.from({ length: 150 }, (_, at) =>
      placed({
        id: `o${turn}-${at}`,
        side: at % 2 === 0 ? Side.ASK : Side.BID,
        account: 1 + (at % 2),
      }),
    );
    await heard.answered(commitAll(client, orders));
  }
  client.close();
  return { addresses: [primary.address, standby.address], primary, heard };
}

function collect(): { readonly log: string[]; onEvents(events: Events): void } {
  const log: string[] = [];
  const onEvents = ({ u8, f64, count }: Events): void => {
    for (let i = 0; i < count; i++) {
      const sequence = f64[i * EVENT_F64 + EventF64.sequence]!;
      log.push(`${sequence} ${u8[i * EVENT_BYTES + EventU8.type]!}`);
    }
  };
  return { log, onEvents };
}

test("it is what was heard when it happened, as often as it is asked", async () => {
  const { addresses, heard } = await trade();
  const past = openEntryPast({ shard: 0, addresses });
  ends.push(() => past.stop());
  for (const again of [collect(), collect()]) {
    await past.read(ALL, again.onEvents);
    expect(again.log.length).toBeGreaterThan(1_000);
    expect(again.log.slice(0, heard.log.length)).toEqual(heard.log);
  }
});

test("a primary that goes in the middle of it: the next one goes on", async () => {
  const { addresses, primary, heard } = await trade();
  const past = openEntryPast({ shard: 0, addresses });
  ends.push(() => past.stop());
  const again = collect();
  let stopped: Promise<unknown> | undefined;
  await past.read(ALL, (events) => {
    again.onEvents(events);
    stopped ??= primary.handle.stop();
  });
  expect(stopped).toBeDefined();
  expect(again.log.slice(0, heard.log.length)).toEqual(heard.log);
});

test("nobody there, another journal, a listener that throws, a stop: each is said", async () => {
  const { addresses } = await trade();
  const nobody = openEntryPast({ shard: 0, addresses: ["127.0.0.1:1"], patienceMs: 200 });
  await expect(nobody.read(ALL, () => {})).rejects.toThrow("nothing came of the events from 1 on");
  const foreign = openEntryPast({ shard: 0, addresses, journalId: () => "ab".repeat(16) });
  await expect(foreign.read(ALL, () => {})).rejects.toThrow(/journal/);
  const past = openEntryPast({ shard: 0, addresses });
  const tooMuch = (): void => {
    throw new Error("too much");
  };
  await expect(past.read(ALL, tooMuch)).rejects.toThrow("too much");
  const reading = past.read(ALL, () => past.stop());
  await expect(reading).rejects.toThrow("stopped");
  await expect(past.read(ALL, () => {})).rejects.toThrow("stopped");
});
