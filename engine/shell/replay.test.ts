/** Replaying to look at what comes of it: one core against its checkpoints, two against each other. */
import { expect, test } from "@jest/globals";
import * as core from "../core/index.ts";
import { checkpointOf, fillCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { emptyState, makeFollower } from "./follower.ts";
import {
  compareCores,
  type Contender,
  type Core,
  isCore,
  OUR_TWIN,
  OURS,
  replay,
} from "./replay.ts";
import { makeDisk } from "./testing/disk.ts";
import { openWritten, SIZES, type WrittenJournal } from "./testing/written.ts";

const COMMANDS = 4_000;
const ALL = { from: 1, to: Number.MAX_SAFE_INTEGER };
const { COMMAND_F64, CommandF64, CommandType, EVENT_I32, EventI32 } = core;

test("the state and the events are those of any other follower", async () => {
  const journal = written();
  const state = emptyState();
  let events = 0;
  const onDecided = ({ events: { count } }: { events: core.Events }): void =>
    void (events += count);
  await makeFollower({ journal, state, onDecided }).catchUp();

  const all = await replay(journal, ALL);
  expect(all).toMatchObject({ sequence: COMMANDS, hash: state.shard.hash().text, events });
  expect(all.eventsCrc).toMatch(/^[0-9a-f]{8}$/);
  expect(await replay(journal, ALL)).toEqual(all);
});

test("of a range the events are counted, and the state is that at its end", async () => {
  const journal = written();
  const all = await replay(journal, ALL);
  const head = await replay(journal, { from: 1, to: 1_500 });
  const tail = await replay(journal, { from: 1_501, to: COMMANDS });
  expect(head.sequence).toBe(1_500);
  expect(head.hash).not.toBe(all.hash);
  expect(tail.hash).toBe(all.hash);
  expect(head.events + tail.events).toBe(all.events);
  expect(tail.eventsCrc).not.toBe(all.eventsCrc);
});

test("checkpoints are compared where their state passes, not where they stand", async () => {
  const journal = written(1_000);
  const state = emptyState();
  await makeFollower({ journal, state, to: 600 }).catchUp();
  const right = checkpointOf(state.shard);
  append(journal, { ...right });
  append(journal, { ...right, sequence: 700 });
  const { sequence, checkpoints, wrongAt } = await replay(journal, ALL);
  expect({ sequence, checkpoints, wrongAt }).toEqual({
    sequence: 1_002,
    checkpoints: 2,
    wrongAt: [700],
  });
  expect(await replay(journal, { from: 601, to: 699 })).toMatchObject({ checkpoints: 0 });
});

test("the fast book and the plain one do not differ", async () => {
  const { hashes, difference, sequence } = await compareCores(written(), [OURS, OUR_TWIN], ALL);
  expect(difference).toBeNull();
  expect(sequence).toBe(COMMANDS);
  expect(hashes[0]).toBe(hashes[1]);
});

test("another event is found by sequence and place, as both said it", async () => {
  // From 900 on this core tells of another priority than it decided.
  const other = changed((shard) => ({
    ...shard,
    apply: (commands, index, events) => {
      const from = events.count;
      shard.apply(commands, index, events);
      if (sequenceOf(commands, index) < 900 || events.count < from + 2) return;
      events.i32[(from + 1) * EVENT_I32 + EventI32.priceTicks]! += 1;
    },
  }));
  const { difference, hashes } = await compareCores(written(), [OURS, other], ALL);
  expect(difference!.sequence).toBeGreaterThanOrEqual(900);
  expect(difference!.index).toBe(1);
  expect(difference!.byte).toBe(4 * EventI32.priceTicks);
  const [ours, theirs] = difference!.events as [core.Events, core.Events];
  const priceAt = EVENT_I32 + EventI32.priceTicks;
  expect(theirs.i32[priceAt]).toBe(ours.i32[priceAt]! + 1);
  expect(hashes[0]).toBe(hashes[1]); // only what it says is other

  const later = { from: difference!.sequence + 1, to: COMMANDS };
  const next = await compareCores(written(), [OURS, other], later);
  expect(next.difference!.sequence).toBeGreaterThan(difference!.sequence);
});

test("the same events and another state are found by halves", async () => {
  // From 1,234 on it keeps another state, of which no event tells.
  const other = changed((shard) => ({
    ...shard,
    hash: () => {
      const right = shard.hash();
      return shard.sequence() < 1_234 ? right : { ...right, text: "f".repeat(16) };
    },
  }));
  const ours = changed((shard) => shard); // of the same small sizes: it is made anew for each half
  const { difference, hashes } = await compareCores(written(), [ours, other], ALL);
  expect(hashes[1]).toBe("f".repeat(16));
  expect(difference).toEqual({ sequence: 1_234, index: null, byte: null, events: ["", ""] });
});

test("a core that throws is a difference, told in its words", async () => {
  const other = changed((shard) => ({
    ...shard,
    apply: (commands, index, events) => {
      if (sequenceOf(commands, index) === 77) throw new Error("level gave more than it held");
      shard.apply(commands, index, events);
    },
  }));
  const { difference, hashes, sequence } = await compareCores(written(), [OURS, other], ALL);
  expect(difference).toMatchObject({ sequence: 77 });
  expect(difference!.events[1]).toBe("level gave more than it held");
  expect({ sequence, other: hashes[1] }).toEqual({ sequence: 77, other: null });
});

test("a core that hashes something else is compared by its events", async () => {
  const other = changed((shard) => shard, { HASH_VERSION: core.HASH_VERSION + 1 });
  const compared = await compareCores(written(), [OURS, other], ALL);
  expect(compared).toMatchObject({ isComparable: false, difference: null });
});

test("a core that lacks the rules a journal asks for does not replay it", async () => {
  const journal = written(100);
  const { batch } = journal.journal;
  core.clearCommand(batch, 0);
  batch.u8[core.CommandU8.type] = CommandType.SET_BEHAVIOUR;
  batch.i32[core.CommandI32.behaviour] = core.BEHAVIOUR_NEWEST;
  stampAndAppend(journal);
  const older = changed((shard) => shard, { BEHAVIOUR_NEWEST: core.BEHAVIOUR_NEWEST - 1 });
  await expect(compareCores(journal, [OURS, older], ALL)).rejects.toThrow(/knows them up to/);
  const { difference } = await compareCores(journal, [OURS, older], { from: 1, to: 100 });
  expect(difference).toBeNull();
});

test("only what has our records is taken for a core", () => {
  expect(isCore(core)).toBe(true);
  expect(isCore({ ...core, EVENT_BYTES: core.EVENT_BYTES + 8 })).toBe(false);
  expect(isCore({ makeShard: 1 })).toBe(false);
});

function written(commands = COMMANDS): WrittenJournal {
  const journal = openWritten(makeDisk());
  journal.write(commands);
  return journal;
}

function append(journal: WrittenJournal, checkpoint: ReturnType<typeof checkpointOf>): void {
  fillCheckpoint(journal.journal.batch, 0, checkpoint);
  expect(readCheckpoint(journal.journal.batch, 0)).toEqual(checkpoint);
  stampAndAppend(journal);
}

function stampAndAppend({ journal, append: appendBatch }: WrittenJournal): void {
  journal.batch.f64[CommandF64.sequence] = journal.nextSequence();
  journal.batch.f64[CommandF64.stampUs] = 2 ** 52; // later than the traffic's
  appendBatch(1);
}

/** Another core: this one but for what is said. */
function changed(other: (shard: core.Shard) => core.Shard, names: Partial<Core> = {}): Contender {
  const makeShard: Core["makeShard"] = (options) => other(core.makeShard({ ...SIZES, ...options }));
  return { core: { ...core, ...names, makeShard }, book: "fast" };
}

function sequenceOf({ f64 }: core.Commands, index: number): number {
  return f64[index * COMMAND_F64 + CommandF64.sequence]!;
}
