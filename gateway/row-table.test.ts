/** Every id is found at its row as long as it is there, however many come and go beside it. */
import { expect, test } from "@jest/globals";
import { NOBODY, RowTable } from "./row-table.ts";

test("a random crowd is found as a Map finds it, also while the table grows", () => {
  const table = new RowTable();
  const plain = new Map<number, number>();
  const random = seeded(20_261_121);
  let isGone = true;
  let next = 2 ** 31 - 3_000; // ids go on where a small integer ends
  for (let step = 0; step < 20_000; step++) {
    const isComing = random() < (step < 12_000 ? 0.7 : 0.3);
    if (isComing || plain.size === 0) {
      plain.set(next, table.add(next));
      next += random() < 0.1 ? 4_096 : 1;
    } else {
      const id = oneOf(plain, Math.floor(random() * 50));
      table.remove(plain.get(id)!);
      plain.delete(id);
      isGone &&= table.find(id) === NOBODY;
    }
    if (step % 7 === 0) table.reuse();
    if (step % 2_000 === 0) agree(table, plain);
  }
  agree(table, plain);
  expect(isGone).toBe(true);
  expect(plain.size).toBeGreaterThan(1_024);
});

test("the row of who left is nobody else's until it may be", () => {
  const table = new RowTable();
  const row = table.add(1);
  table.remove(row);
  expect(table.idOf(row)).toBe(1);
  expect(table.add(2)).not.toBe(row);
  table.reuse();
  expect(table.add(3)).toBe(row);
});

function agree(table: RowTable, plain: ReadonlyMap<number, number>): void {
  const rows = [...plain.values()];
  expect([...plain.keys()].map((id) => table.find(id))).toEqual(rows);
  expect(rows.map((row) => table.idOf(row))).toEqual([...plain.keys()]);
  expect(new Set(rows).size).toBe(rows.length);
  expect(rows.every((row) => row > NOBODY && row < table.capacity)).toBe(true);
  expect([0, 1, 2 ** 40].map((id) => table.find(id))).toEqual([NOBODY, NOBODY, NOBODY]);
}

/** The `at`-th of those that are there, or the last. */
function oneOf(plain: ReadonlyMap<number, number>, at: number): number {
  let [found, left] = [0, at];
  for (const id of plain.keys()) {
    found = id;
    if (left-- === 0) break;
  }
  return found;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
