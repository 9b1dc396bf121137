/** A stream that contradicts itself is shown no further, and somebody is told, once. */
import { expect, test } from "@jest/globals";
import { makeEvents } from "../engine/core/index.ts";
import { makeStreamListener, type StreamParts } from "./stream.ts";

test("what cannot be folded ends the stream, and nothing after it is looked at", () => {
  const told: string[] = [];
  const reader = {
    add: () => {
      told.push("read");
      throw new Error("5 follows 3");
    },
  };
  const parts = {
    recent: reader,
    orders: { onEvent: reader.add },
    onBroken: () => told.push("broken"),
    onStopped: (reason: string, clean: boolean) => told.push(`${reason}, clean: ${clean}`),
    onBatchEnd: () => told.push("flushed"),
    onReady: () => told.push("ready"),
  } as unknown as StreamParts;
  const listener = makeStreamListener(parts);
  const events = makeEvents(4);
  events.f64.fill(1);
  listener.onEvent(events, 0);
  listener.onEvent(events, 1);
  listener.onBatchEnd();
  listener.onReady();
  expect(told).toEqual(["read", "broken", "5 follows 3, clean: false"]);
});
