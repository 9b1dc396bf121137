/**
 * Why a shard does not start, or stopped: permanent codes, and sentences that say what to do. They
 * cross the border between threads as plain text.
 */

export const ShellErrorCode = {
  DIRECTORY_UNUSABLE: "DIRECTORY_UNUSABLE",
  JOURNAL_OWNED: "JOURNAL_OWNED",
  JOURNAL_DAMAGED: "JOURNAL_DAMAGED",
  JOURNAL_VERSION: "JOURNAL_VERSION",
  JOURNAL_FOREIGN: "JOURNAL_FOREIGN",
  JOURNAL_WRITE_FAILED: "JOURNAL_WRITE_FAILED",
  JOURNAL_ARCHIVED: "JOURNAL_ARCHIVED", // what is asked for is not in the journal any more
  JOURNAL_UNAVAILABLE: "JOURNAL_UNAVAILABLE",
  BROKER_SETTINGS: "BROKER_SETTINGS",
  DISK_FULL: "DISK_FULL",
  ADDRESS_UNUSABLE: "ADDRESS_UNUSABLE",
  HASH_MISMATCH: "HASH_MISMATCH",
  BEHAVIOUR_UNKNOWN: "BEHAVIOUR_UNKNOWN",
  BROKEN_STATE: "BROKEN_STATE",
  STOPPED: "STOPPED", // not an error of its own: somebody waits for what will not come any more
} as const;
export type ShellErrorCode = (typeof ShellErrorCode)[keyof typeof ShellErrorCode];

export class ShellError extends Error {
  override readonly name = "ShellError";
  readonly code: ShellErrorCode;

  constructor(code: ShellErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whatever was thrown, as a ShellError; what nobody foresaw is broken state. */
export function asShellError(thrown: unknown): ShellError {
  if (thrown instanceof ShellError) return thrown;
  const words = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new ShellError(ShellErrorCode.BROKEN_STATE, words);
}

/** Codes by which a file system says that there is no room. */
export function saysNoRoom(thrown: unknown): boolean {
  const { code } = thrown as { code?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
}
