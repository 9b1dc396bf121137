/**
 * Who the page speaks for: on this machine an account that the exchange gives to the browser, anywhere
 * else nobody, until somebody brings a key. A private key is turned into a signer at once, kept in
 * memory, and gone with the page.
 */
import { ExchangeError, makeSigner } from "../../client/index.ts";
import { exchange, readJson } from "../live/index.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Somebody logged out, in this tab or another one: no account is asked for until they want one. */
let hasLeft = false;
let isByKey = false;

/** Opens the page's line. */
export function beginSession(): void {
  isByKey = false;
  exchange.become({ kind: "session", open: openSession });
}

/** Whether the account is one that the exchange gave to this browser. */
export const isGiven = (): boolean => !isByKey;

/** Whether somebody who logged out may have another account of that kind. */
export const mayTakeAccount = (): boolean => hasLeft && LOOPBACK.has(location.hostname);

export function takeAccount(): void {
  hasLeft = false;
  beginSession();
}

/** Resolves to null when nobody is logged on any more, else to a sentence that says why not. */
export async function logOut(): Promise<string | null> {
  try {
    if (!isByKey) await readJson("/v1/session", { method: "DELETE" });
  } catch (error) {
    if (error instanceof ExchangeError) return error.message;
    return "The exchange could not be reached: you are still logged on. Try again.";
  }
  hasLeft = true;
  beginSession();
  return null;
}

/** Whose the cookie is that the next socket will carry; null: nobody's, and the market is still there. */
async function openSession(): Promise<string | null> {
  if (!LOOPBACK.has(location.hostname)) return null;
  if (exchange.connection.reason === "SESSION_ENDED") hasLeft = true;
  if (hasLeft) return null;
  try {
    const { account } = await readJson<{ account: string }>("/v1/session", { method: "POST" });
    return account;
  } catch (error) {
    // Refused in the exchange's words: trade without it. Anything else: the line is not there.
    if (error instanceof ExchangeError && error.code !== "STARTING") return null;
    throw error;
  }
}

/** Resolves to null when logged on, else to a sentence that says why not; the old session then goes on. */
export async function logOn(key: string, privateKey: string): Promise<string | null> {
  let signer: Awaited<ReturnType<typeof makeSigner>>;
  try {
    signer = await makeSigner(key.trim(), privateKey);
  } catch {
    return "This is no Ed25519 private key. Paste what the command printed, as it is.";
  }
  return new Promise((resolve) => {
    const stop = exchange.onConnection(({ phase, account, reason }) => {
      if (phase === "online" && account !== null) {
        stop();
        isByKey = true;
        resolve(null);
      } else if (phase === "waiting" && reason !== null) {
        stop();
        beginSession();
        resolve(WORDS[reason] ?? "The exchange could not be reached. Try again.");
      }
    });
    exchange.become({ kind: "key", signer });
  });
}

const WORDS: Readonly<Record<string, string>> = {
  KEY_INVALID: "The exchange does not know this key, or it was revoked.",
  SIGNATURE_INVALID: "This private key does not belong to that key.",
  TIMESTAMP_OUTSIDE_WINDOW:
    "This device's clock is wrong by more than five seconds. Set it and try again.",
};
