/**
 * The shell's clock: stamps in microseconds of wall time that never go back. It advances by the
 * monotonic clock and is slewed gently towards wall time; a jump of the wall clock is alarmed and
 * not followed, because orders would expire by somebody's mistake. One jump is followed: forward,
 * by as long as the machine slept, which the monotonic clock does not count and the uptime does.
 */
import { uptime } from "node:os";

export interface TimeSources {
  /** Microseconds since 1970, by the wall. */
  wallUs(): number;
  /** Microseconds since anything, never backwards. */
  monotonicUs(): number;
  /** Microseconds since the machine started, its sleep included. */
  uptimeUs(): number;
}

export const systemTime: TimeSources = {
  wallUs: () => Date.now() * 1_000,
  monotonicUs: () => performance.now() * 1_000,
  uptimeUs: () => uptime() * 1_000_000,
};

const CHECK_EVERY_US = 1_000_000;
const STEP_ALARM_US = 5_000_000;
/** At most this share of elapsed time is added or left out while slewing: 500 parts in a million. */
const SLEW_SHARE = 0.0005;
/** Wall time has a grain of a millisecond here: what is nearer than this is not worth a slew. */
const GRAIN_US = 2_000;

export interface Clock {
  /** A stamp for the next batch: an integer, never below the one before. */
  stampUs(): number;
}

/** `lastStampUs` is the newest stamp of the journal; `alarm` is told once per jump. */
export function makeClock(
  time: TimeSources,
  lastStampUs: number,
  alarm: (offByUs: number) => void,
): Clock {
  let monotonic = time.monotonicUs();
  let now = Math.max(lastStampUs, time.wallUs());
  let checkedAt = monotonic;
  let notCounted = time.uptimeUs() - monotonic; // by the monotonic clock, of the machine's sleep
  let isAlarmed = false;
  let last = lastStampUs;

  function advance(): void {
    const next = time.monotonicUs();
    now += next - monotonic;
    monotonic = next;
    const elapsed = next - checkedAt;
    if (elapsed < CHECK_EVERY_US) return;
    checkedAt = next;
    let off = time.wallUs() - now;
    const slept = time.uptimeUs() - next - notCounted;
    notCounted += slept;
    if (slept > STEP_ALARM_US && off > 0) {
      const followed = Math.min(off, slept);
      now += followed;
      off -= followed;
    }
    if (Math.abs(off) > STEP_ALARM_US) {
      if (!isAlarmed) alarm(off);
      isAlarmed = true;
      return;
    }
    isAlarmed = false;
    if (Math.abs(off) < GRAIN_US) return;
    const most = elapsed * SLEW_SHARE;
    now += Math.max(-most, Math.min(most, off));
  }

  return {
    stampUs: () => {
      advance();
      last = Math.max(last, Math.floor(now));
      return last;
    },
  };
}
