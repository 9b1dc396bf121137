/**
 * The name of a run: when it began, in steps of 40 ms since 1970, in base 36. One run at a time is
 * allowed and starting one takes longer than a step, so no two of an exchange have the same name: by
 * chance alone two quick runs once did, and the second one's orders were taken for the first one's.
 *
 * Every row is sent with the deadline that follows from it. Whoever sends the same rows again under
 * the same run id therefore sends the very same orders, which trade once.
 */
import { Failure, UsageError } from "../errors.ts";

/** The core takes deadlines up to an hour ahead; five minutes are left for clocks that disagree. */
const DEADLINE_MS = 55 * 60_000;
const CLOCK_SLACK_MS = 5 * 60_000;
const STEP_MS = 40;
const DIGITS = 7; // until 2069

export interface RunId {
  readonly text: string;
  readonly startMs: number;
  /** The deadline of every order of the run, RFC 3339. */
  readonly deadline: string;
}

export function newRunId(nowMs: number): RunId {
  return describe(
    Math.floor(nowMs / STEP_MS)
      .toString(36)
      .padStart(DIGITS, "0"),
  );
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
  const startMs = Number.parseInt(text, 36) * STEP_MS;
  return { text, startMs, deadline: new Date(startMs + DEADLINE_MS).toISOString() };
}
