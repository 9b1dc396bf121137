/** The shell's clock over a day of bad clocks: stamps never go back and follow nobody's mistake. */
import { expect, test } from "@jest/globals";
import { makeClock } from "./clock.ts";

const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;
const NOON = 1_800_000_000 * SECOND;

test("stamps advance by the monotonic clock between two looks at the wall", () => {
  const { clock, pass, stepWall } = world();
  pass(SECOND / 2);
  expect(clock.stampUs()).toBe(NOON + SECOND / 2);
  stepWall(-HOUR);
  pass(SECOND / 4);
  expect(clock.stampUs()).toBe(NOON + (3 * SECOND) / 4);
});

test("a stamp is never below the one before, nor below the journal's last", () => {
  const ahead = world(NOON + 2 * SECOND);
  expect(ahead.clock.stampUs()).toBe(NOON + 2 * SECOND);
  const { clock, pass, stepWall } = ahead;
  stepWall(-2 * SECOND); // within what is slewed
  let last = 0;
  for (let i = 0; i < 2_000; i++) {
    pass(7_001);
    const stamp = clock.stampUs();
    expect(stamp).toBeGreaterThanOrEqual(last);
    expect(Number.isInteger(stamp)).toBe(true);
    last = stamp;
  }
});

test("at the start it is the wall's time, however long the stop was", () => {
  expect(world(NOON - 40 * 24 * HOUR).clock.stampUs()).toBe(NOON);
});

test("a small error of the wall is followed slowly, until it is gone", () => {
  const { clock, pass, stepWall, wall, alarms } = world();
  stepWall(SECOND);
  const before = clock.stampUs();
  pass(10 * SECOND);
  const gained = clock.stampUs() - before - 10 * SECOND;
  expect(gained).toBe(5_000); // 500 parts in a million
  for (let i = 0; i < 3_000; i++) {
    pass(SECOND);
    clock.stampUs();
  }
  expect(Math.abs(clock.stampUs() - wall())).toBeLessThanOrEqual(2_000);
  expect(alarms).toEqual([]);
});

test.each([HOUR, -HOUR, 6 * SECOND])(
  "a jump of the wall by %i µs is alarmed once, not followed",
  (by) => {
    const { clock, pass, stepWall, alarms } = world();
    stepWall(by);
    for (let i = 0; i < 60; i++) {
      pass(SECOND);
      clock.stampUs();
    }
    expect(clock.stampUs()).toBe(NOON + 60 * SECOND);
    expect(alarms).toEqual([by]);
    stepWall(-by); // somebody mended it
    pass(SECOND);
    clock.stampUs();
    stepWall(by);
    pass(SECOND);
    clock.stampUs();
    expect(alarms).toHaveLength(2);
  },
);

test("a machine that slept is not a jump: the uptime confirms it", () => {
  const { clock, pass, sleep, stepWall, alarms } = world();
  sleep(8 * HOUR);
  pass(SECOND);
  expect(clock.stampUs()).toBe(NOON + 8 * HOUR + SECOND);
  sleep(HOUR);
  stepWall(HOUR); // and somebody set the clock meanwhile: only the sleep is followed
  pass(SECOND);
  expect(clock.stampUs()).toBe(NOON + 9 * HOUR + 2 * SECOND);
  expect(alarms).toEqual([HOUR]);
});

function world(lastStampUs = 0) {
  let monotonic = 5 * SECOND;
  let wallAt = NOON;
  let slept = 77 * SECOND;
  const alarms: number[] = [];
  const sources = {
    wallUs: () => wallAt,
    monotonicUs: () => monotonic,
    uptimeUs: () => monotonic + slept,
  };
  const clock = makeClock(sources, lastStampUs, (offByUs) => alarms.push(offByUs));
  return {
    clock,
    alarms,
    wall: () => wallAt,
    pass: (us: number) => {
      monotonic += us;
      wallAt += us;
    },
    stepWall: (us: number) => void (wallAt += us),
    sleep: (us: number) => {
      slept += us;
      wallAt += us;
    },
  };
}
