/** Reading to the end: however long what is read takes its reader; and not for ever when nothing comes. */
import { expect, test } from "@jest/globals";
import { makeMemoryBroker, type Way } from "../../testing/memory-broker.ts";
import { FRAME_BYTES_MAX, FrameKind, HEADER_BYTES, sealFrame } from "../frame.ts";
import { JOURNAL_START } from "../journal.ts";
import type { OpenLink } from "./link.ts";
import { readFrames } from "./reader.ts";

const FRAMES = 200; // several answers' worth
const GIVE_UP_MS = 100;
const ID = Buffer.alloc(16, 7);

/** A journal of claims, each of which counts. */
async function written(): Promise<Way> {
  const way = makeMemoryBroker().way();
  const link = await way.connect({ brokers: [], clientId: "" }, "", 0, 0);
  for (let position = 0; position < FRAMES; position++) {
    const frame = Buffer.alloc(FRAME_BYTES_MAX);
    sealFrame(frame, {
      kind: FrameKind.CLAIM,
      journalId: ID,
      shard: 0,
      term: position + 1,
      writerId: ID,
      firstSequence: 1,
      count: 0,
      payloadBytes: 0,
      previousHash: JOURNAL_START.previousHash,
      position,
      durable: position,
    });
    await link.produce(frame.subarray(0, HEADER_BYTES), 0);
  }
  return way;
}

const reading = (connect: OpenLink) =>
  readFrames(
    {
      address: { brokers: ["memory:1"], clientId: "test" },
      topic: "journal",
      shard: 0,
      attemptMs: 20,
      giveUpMs: GIVE_UP_MS,
      connect,
    },
    JOURNAL_START,
  );

test("a reader may take longer over what it was given than it would wait for more", async () => {
  const { connect } = await written();
  let count = 0;
  for await (const { header } of reading(connect)) {
    expect(header.term).toBe(++count);
    if (count % 50 === 0) await new Promise((done) => setTimeout(done, GIVE_UP_MS));
  }
  expect(count).toBe(FRAMES);
});

test("a broker that says where the end is and gives nothing is given up", async () => {
  const { connect } = await written();
  const mute: OpenLink = async (...where) => ({
    ...(await connect(...where)),
    fetch: async () => {
      await new Promise((done) => setTimeout(done, 5));
      return { records: [], end: FRAMES };
    },
  });
  await expect(reading(mute).next()).rejects.toMatchObject({ code: "JOURNAL_UNAVAILABLE" });
});
