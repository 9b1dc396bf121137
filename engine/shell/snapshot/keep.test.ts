/** Which snapshots stay, newest first, as a store lists them; and what must be free for another. */
import { expect, test } from "@jest/globals";
import { subject } from "../testing/snapshot-stores.ts";
import { bytesWanted, toRemove } from "./keep.ts";
import type { StoredSnapshot } from "./store.ts";

const DAY_MS = 86_400_000;
const KEEP = { count: 3, ageMs: 10 * DAY_MS };

// Each snapshot by its age in days; "?" is not verified, "!" is damaged.
test.each([
  ["nothing there", "", ""],
  ["fewer than wanted", "1 2", ""],
  ["more than wanted: the oldest go", "1 2 3 4 5", "4 5"],
  ["too old, and two newer ones are there", "1 2 11", "11"],
  ["too old all of them: two stay", "20 30 40", "40"],
  ["not verified yet, and newer than all that are", "1? 2 3 4", ""],
  ["not verified, and a newer one is", "1 2? 3 4 5", "2? 5"],
  ["damaged, and a newer one is good", "1 2! 3 4", "2!"],
  ["damaged, and none is good: somebody may want to look", "1! 2!", ""],
])("%s: of [%s] go [%s]", (_, there, gone) => {
  const nowMs = 1_800_000_000_000;
  const snapshots = there
    .split(" ")
    .filter((text) => text !== "")
    .map((id): StoredSnapshot => {
      const head = { stateBytes: 0, blockBytes: 0, blocks: 0, blocksCrc: 0, ...subject(1_000) };
      const takenMs = nowMs - Number.parseInt(id, 10) * DAY_MS;
      return {
        id,
        sequence: 1_000,
        head: id.endsWith("!") ? null : { ...head, takenMs },
        damage: "",
        isVerified: !id.endsWith("?"),
        bytes: 1,
      };
    });
  const removed = toRemove(snapshots, KEEP, nowMs).map(({ id }) => id);
  expect(removed.join(" ")).toBe(gone);
});

const MIB = 1_048_576;

test.each([
  ["nothing rests, and there is none yet: the journal's own room", 0, 0, 128],
  ["a million orders, and there is none yet", 1_000_000, 0, 251],
  ["the newest one is larger than its orders say: twice that", 1_000, 50 * MIB, 228],
])("%s", (_, orders, newest, mib) => {
  expect(Math.ceil(bytesWanted(orders, newest, 64 * MIB) / MIB)).toBe(mib);
});
