// Ten thousand sockets that have something to write keep nobody else waiting.
import { expect, test } from "@jest/globals";
import { FLUSHED_AT_ONCE, FlushQueue } from "./flush-queue.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a push to very many is written over several turns, each socket once and in order", async () => {
  const queue = new FlushQueue();
  const written: number[] = [];
  for (let id = 0; id < 10_000; id++) queue.add({ flush: () => written.push(id) });
  const perTurn: number[] = [];
  let turns = 0;
  for (let before = 0; written.length < 10_000; before = written.length, turns++) {
    expect(turns).toBeLessThan(100);
    await turn(); // where orders are read
    perTurn.push(written.length - before);
  }
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(FLUSHED_AT_ONCE);
  expect(written).toEqual(Array.from({ length: 10_000 }, (_, id) => id));
});

test("few are written at once when asked to, and what that brings up comes in another turn", async () => {
  const queue = new FlushQueue();
  const written: string[] = [];
  const again = { flush: () => written.push("again") };
  queue.add({
    flush: () => {
      written.push("first");
      queue.add(again);
    },
  });
  queue.flush();
  expect(written).toEqual(["first"]);
  await turn();
  await turn();
  expect(written).toEqual(["first", "again"]);
});
