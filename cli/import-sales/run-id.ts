/**
 * The name of a run: when it began, in base 36 seconds, and a letter to tell two of one second apart.
 *
 * Every row is sent with the deadline that follows from it. Whoever sends the same rows again under
 * the same run id therefore sends the very same orders, which trade once.
 */
import { Failure, UsageError } from "../errors.ts";

/** The core takes deadlines up to an hour ahead; five minutes are left for clocks that disagree. */
const DEADLINE_MS = 55 * 60_000;
const CLOCK_SLACK_MS = 5 * 60_000;
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
const SECONDS_DIGITS = 6; // until 2038-12-24

export interface RunId {
  readonly text: string;
  readonly startMs: number;
  /** The deadline of every order of the run, RFC 3339. */
  readonly deadline: string;
}

/** `dice` is a number from 0 to 1, as chance gives it. */
export function newRunId(nowMs: number, dice: number): RunId {
  const seconds = Math.floor(nowMs / 1_000)
    .toString(36)
    .padStart(SECONDS_DIGITS, "0");
  return describe(seconds + DIGITS[Math.floor(dice * 36)]!);
}

/** A run id given on the command line; refused when its orders can no longer be sent. */
export function readRunId(text: string, nowMs: number): RunId {
  if (!/^[0-9a-z]{7}$/.test(text)) {
    throw new UsageError(`--run-id is the seven letters and digits a run printed, not "${text}"`);
  }
  const runId = describe(text);
  const endMs = runId.startMs + DEADLINE_MS;
  if (runId.startMs > nowMs + CLOCK_SLACK_MS) {
    throw new UsageError(`--run-id ${text} would have begun in the future`);
  }
  if (nowMs >= endMs) {
    throw new Failure(
      `run ${text} began at ${new Date(runId.startMs).toISOString()} and its orders could be sent ` +
        `again until ${runId.deadline}; that is over, so start a new run without --run-id`,
    );
  }
  return runId;
}

function describe(text: string): RunId {
  const startMs = Number.parseInt(text.slice(0, SECONDS_DIGITS), 36) * 1_000;
  return { text, startMs, deadline: new Date(startMs + DEADLINE_MS).toISOString() };
}
