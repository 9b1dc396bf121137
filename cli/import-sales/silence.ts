/**
 * Notices that an exchange has fallen silent: says so, says when it is over, and after longer makes
 * an end. Time in which nobody looked does not count: then it was we who were asleep.
 */
export interface Patience {
  readonly sayAfterMs: number;
  readonly stopAfterMs: number;
}

export const PATIENCE: Patience = { sayAfterMs: 10_000, stopAfterMs: 60_000 };

const LOOK_MS_MAX = 1_000;

export interface Silence {
  /** To be called several times a second, with how many messages have come so far. */
  look(heard: number, nowMs: number): void;
}

export function makeSilence(
  { sayAfterMs, stopAfterMs }: Patience,
  say: (words: string) => void,
  stop: (why: string) => void,
): Silence {
  let lastHeard = -1;
  let lastLookMs = 0;
  let silentMs = 0;
  let isSaid = false;
  const silence = (ms: number): string => `the exchange has answered nothing for ${ms / 1_000} s`;

  return {
    look(heard, nowMs) {
      if (heard === lastHeard) {
        silentMs += Math.min(nowMs - lastLookMs, LOOK_MS_MAX);
      } else {
        if (isSaid) say("the exchange answers again");
        isSaid = false;
        silentMs = 0;
      }
      lastHeard = heard;
      lastLookMs = nowMs;
      if (silentMs >= sayAfterMs && !isSaid) {
        isSaid = true;
        say(`${silence(sayAfterMs)}; waiting until ${stopAfterMs / 1_000} s`);
      }
      if (silentMs >= stopAfterMs) stop(silence(stopAfterMs));
    },
  };
}
