/** Copied ahead in runs or one by one: what is kept, and how it is walked, is the same. */
import { expect, test } from "@jest/globals";
import { EventF64, EventI32, EventType, EventU8, makeEvents } from "../../engine/client/layouts.ts";
import { makeRows, TermI32, TERMS_I32, TermU8 } from "../order-terms.ts";
import { accountTrail, publicTrail, type Trail } from "./missed.ts";
import { Recent } from "./recent.ts";

const KEPT = 32;
const INSTRUMENTS = 3;
const ACCOUNTS = 4;

const events = makeEvents(256);
const marketSeqs = [0, 0, 0];
const accountSeqs = [0, 0, 0, 0];
for (let index = 0; index < 256; index++) {
  const [instrument, account] = [index % INSTRUMENTS, (index * 7) % ACCOUNTS];
  events.u8[index * 168 + EventU8.type] = EventType.ACCEPTED;
  events.i32[index * 42 + EventI32.instrument] = instrument;
  events.i32[index * 42 + EventI32.account] = account;
  events.i32[index * 42 + EventI32.quantity] = 1_000 + index;
  events.f64[index * 21 + EventF64.sequence] = index + 1;
  events.f64[index * 21 + EventF64.marketSeq] = ++marketSeqs[instrument]!;
  events.f64[index * 21 + EventF64.accountSeq] = ++accountSeqs[account]!;
}

/** Adds them as the stream does: each event, then its order's terms. */
function addAll(recent: Recent, from: number, count: number): void {
  const rows = makeRows(1, TERMS_I32);
  for (let index = from; index < from + count; index++) {
    recent.add(events, index);
    rows.u8[TermU8.orderType] = 1;
    rows.i32[TermI32.open] = index;
    if (index % 2 === 0) recent.keepTerms(false, rows, 0);
    else recent.noTerms(false);
  }
}

/** From the newest backwards: number, quantity and what is open. */
function walk(recent: Recent, trail: Trail): string[] {
  const told: string[] = [];
  for (let link = trail.newest(); link >= 0; link = trail.before(link)) {
    const quantity = recent.events.i32[trail.index(link) * 42 + EventI32.quantity]!;
    told.push(`${trail.seq(link)} ${quantity} ${trail.terms(link)?.open}`);
  }
  return told;
}

const all = (recent: Recent): string[][] => [
  ...Array.from({ length: INSTRUMENTS }, (_, id) => walk(recent, publicTrail(recent, id))),
  ...Array.from({ length: ACCOUNTS }, (_, id) => walk(recent, accountTrail(recent, id))),
];

test.each([3, 12, 100])("%i events are no power of two, and refused", (kept) => {
  expect(() => new Recent(kept)).toThrow("power of two");
});

test.each([[[5, 3, 11]], [[32]], [[20, 20, 20]], [[7, 100, 9]], [[1, 31, 33, 64, 2]]])(
  "runs of %j",
  (runs) => {
    const [copied, single, unread] = [new Recent(KEPT), new Recent(KEPT), new Recent(KEPT)];
    let at = 0;
    for (const count of runs) {
      copied.copy(events, at, count);
      addAll(copied, at, count);
      addAll(single, at, count);
      addAll(unread, at, count);
      at += count;
      expect(all(copied)).toEqual(all(single));
    }
    // Nobody walked there before: its links are made only now.
    expect(all(unread)).toEqual(all(single));
    const kept = all(copied).slice(0, INSTRUMENTS).flat();
    expect(kept).toHaveLength(Math.min(KEPT, at));
    expect(kept).toContain(`${Math.ceil(at / INSTRUMENTS)} ${1_000 + at - 1} undefined`);
  },
);
