/**
 * What of a journal an operator lets go. Nothing may: a start of `solebook up` and every new gateway of a
 * cluster make their views (open orders, fills, charts) of all commands since the first, and no snapshot
 * holds those. So what would delete is understood, and refused by name.
 */
import { UsageError } from "./errors.ts";

export const RETAIN_ALL = "all";
const LESS = /^[1-9]\d*d?$/;

/** Throws UsageError unless it is "all". `instead`: what else may be done, a sentence. */
export function requireRetainAll(text: string, verb: string, instead: string): void {
  if (text === RETAIN_ALL) return;
  if (!LESS.test(text)) {
    throw new UsageError(`--retain is all, a number of snapshots or days like 30d, not "${text}"`);
  }
  const what = text.endsWith("d") ? `is older than ${text}` : `is behind ${text} snapshots`;
  throw new UsageError(
    `--retain ${text} would delete what ${what}, which \`solebook ${verb}\` cannot do without: gateways ` +
      `begin with the journal's first command, not with a snapshot. Say --retain all. ${instead}`,
  );
}
