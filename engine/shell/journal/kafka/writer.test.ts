/**
 * What a broker's refusal is worth: which of them say that a record is certainly not there. A leader that
 * is deposed while it waits for the copies of what it has appended answers that it is no leader.
 */
import { expect, test } from "@jest/globals";
import { makeMemoryBroker } from "../../testing/memory-broker.ts";
import type { OpenLink } from "./link.ts";
import { makeSender } from "./writer.ts";

test.each([
  ["NOT_ENOUGH_REPLICAS", "unavailable"], // asked before it appends
  ["MESSAGE_TOO_LARGE", "unavailable"],
  ["NOT_ENOUGH_REPLICAS_AFTER_APPEND", "inDoubt"],
  ["NOT_LEADER_FOR_PARTITION", "inDoubt"], // before or after
  ["UNKNOWN_TOPIC_OR_PARTITION", "inDoubt"],
  ["REQUEST_TIMED_OUT", "inDoubt"],
] as const)("%s until the lease is over: %s", async (type, kind) => {
  const way = makeMemoryBroker().way();
  const connect: OpenLink = async (...where) => ({
    ...(await way.connect(...where)),
    produce: () => Promise.reject(Object.assign(new Error(type), { type })),
  });
  const sender = makeSender({
    address: { brokers: ["memory:1"], clientId: "test" },
    topic: "journal",
    leaseMs: 60,
    attemptMs: 20,
    connect,
    monotonicMs: () => performance.now(),
  });
  expect(await sender.send(Buffer.alloc(8))).toEqual({
    kind,
    why: expect.stringContaining(type),
  });
});
