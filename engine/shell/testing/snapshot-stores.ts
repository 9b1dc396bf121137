/**
 * What every store of snapshots does, whatever is behind it: one suite for all of them. A world is a
 * store with somebody who can damage what lies in it.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { HASH_VERSION } from "../../core/limits.ts";
import { JOURNAL_START } from "../journal/journal.ts";
import {
  BLOCK_STATE_BYTES,
  makeBlockWriter,
  openBlocks,
  SnapshotDamage,
  type SnapshotSubject,
} from "../snapshot/format.ts";
import type { SnapshotBytes, SnapshotStore, StoredSnapshot } from "../snapshot/store.ts";

export interface StoreWorld {
  readonly store: SnapshotStore;
  /** Turns one bit of what is stored: of the head, or of the block of that number. */
  flip(snapshot: StoredSnapshot, where: "head" | number): Promise<void>;
  /** Takes the last block away. */
  cut(snapshot: StoredSnapshot): Promise<void>;
  /** The store as another process opens it. */
  again(): Promise<SnapshotStore>;
  close(): Promise<void>;
}

export const SHARD = 3;

export function subject(sequence: number, rest: Partial<SnapshotSubject> = {}): SnapshotSubject {
  const journalId = rest.journalId ?? Buffer.alloc(16, 7);
  return {
    journalId,
    shard: SHARD,
    sequence,
    behaviour: 1,
    hashVersion: HASH_VERSION,
    hashHigh: 0xfedcba98,
    hashLow: 0x01234567,
    takenMs: 1_800_000_000_000,
    place: {
      ...JOURNAL_START,
      journalId,
      position: sequence * 4_096,
      nextSequence: sequence - 1,
      previousHash: randomBytes(32),
      term: 2,
      writerId: randomBytes(16),
    },
    endPosition: (sequence + 1) * 4_096,
    ...rest,
  };
}

export function snapshotOf(about: SnapshotSubject, state: Buffer): SnapshotBytes {
  const blocks: Buffer[] = [];
  const writer = makeBlockWriter((block) => void blocks.push(block));
  writer.write(state);
  return { head: writer.end(about), blocks };
}

/** Three blocks, of which the last is short. */
const STATE = Buffer.concat([
  randomBytes(BLOCK_STATE_BYTES),
  Buffer.alloc(BLOCK_STATE_BYTES, "sneakers"),
  randomBytes(1_000),
]);

export function storeBehaviour(makeWorld: () => Promise<StoreWorld>): void {
  let world: StoreWorld;
  beforeAll(async () => void (world = await makeWorld()));
  afterAll(() => world.close());

  async function put(sequence: number, rest: Partial<SnapshotSubject> = {}): Promise<void> {
    await world.store.put(snapshotOf(subject(sequence, rest), STATE));
  }

  async function find(sequence: number, shard = SHARD): Promise<StoredSnapshot> {
    const found = (await world.store.list(shard)).find((each) => each.sequence === sequence);
    if (found === undefined) throw new Error(`no snapshot of sequence ${sequence}`);
    return found;
  }

  async function stateOf(sequence: number, store = world.store): Promise<Buffer> {
    const snapshot = await find(sequence);
    if (snapshot.head === null) throw new SnapshotDamage(snapshot.damage);
    return Buffer.concat([...openBlocks(snapshot.head, await store.read(snapshot))]);
  }

  test("what is put is read again, by another process too: head and state, to the byte", async () => {
    const about = subject(1_000);
    await world.store.put(snapshotOf(about, STATE));

    const again = await world.again();
    const [found] = await again.list(SHARD);

    expect(found).toMatchObject({ sequence: 1_000, damage: "", isVerified: false });
    expect(found!.head).toMatchObject(about);
    expect((await stateOf(1_000, again)).equals(STATE)).toBe(true);
    await again.close();
  });

  test("newest first; a shard sees its own", async () => {
    await put(3_000);
    await put(2_000);
    await put(2_500, { shard: SHARD + 1 });
    const sequences = async (shard: number): Promise<number[]> =>
      (await world.store.list(shard)).map(({ sequence }) => sequence);

    expect(await sequences(SHARD)).toEqual([3_000, 2_000, 1_000]);
    expect(await sequences(SHARD + 1)).toEqual([2_500]);
    expect(await sequences(SHARD + 2)).toEqual([]);
  });

  test("verified is said once and stays said; taken again, it is not said any more", async () => {
    await world.store.markVerified(await find(2_000));
    await world.store.markVerified(await find(2_000));
    expect((await find(2_000)).isVerified).toBe(true);
    expect((await find(3_000)).isVerified).toBe(false);

    await put(2_000);
    const alike = (await world.store.list(SHARD)).filter(({ sequence }) => sequence === 2_000);
    expect(alike).toMatchObject([{ isVerified: false }]);
  });

  test("what was begun and not finished was never there", async () => {
    const { head, blocks } = snapshotOf(subject(4_000), STATE);
    const [first] = blocks;
    function* broken(): Generator<Buffer> {
      yield first!;
      throw new Error("the power is gone");
    }
    await expect(world.store.put({ head, blocks: broken() })).rejects.toThrow("the power is gone");
    await expect(find(4_000)).rejects.toThrow("no snapshot");
    await put(4_000);
    expect((await stateOf(4_000)).equals(STATE)).toBe(true);
  });

  test.each<[string, "head" | 0 | 1 | 2]>([
    ["the head", "head"],
    ["the first block", 0],
    ["a block in the middle", 1],
    ["the last block", 2],
  ])("one bit of %s turned: it is found", async (_, where) => {
    await put(5_000);
    await world.flip(await find(5_000), where);
    await expect(stateOf(5_000)).rejects.toThrow(SnapshotDamage);
    await world.store.remove(await find(5_000));
  });

  test("cut off, it is found", async () => {
    await put(6_000);
    await world.cut(await find(6_000));
    await expect(stateOf(6_000)).rejects.toThrow(SnapshotDamage);
    await world.store.remove(await find(6_000));
  });

  test("what is removed is gone, and nothing else", async () => {
    await world.store.remove(await find(3_000));
    const left = (await world.store.list(SHARD)).map(({ sequence }) => sequence);
    expect(left).toEqual([4_000, 2_000, 1_000]);
  });
}
