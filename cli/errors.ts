/** The two ways a verb ends badly: asked wrongly (exit 2), or asked well and failed (exit 1). */

/** The command line itself is wrong; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked could not be done; the message is one sentence for the person who asked. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** The words of anything thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system or library error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
