/**
 * Who a browser is: asked, on this machine given, and given up, over HTTP; the socket carries the cookie.
 * Anywhere else the answer is nobody, and a page asks for a key.
 */
import { Refused } from "../errors.ts";
import type { Caller } from "../registry/identity.ts";
import type { Demonstration } from "../session/demonstration.ts";
import type { ExchangeStatus } from "../status.ts";
import { type Call, json, type Reply, type Route } from "./server.ts";

export interface SessionParts {
  readonly demonstration: Demonstration;
  readonly status: ExchangeStatus;
  /** Closes every socket that is logged on by this. */
  readonly endSockets: (key: string) => void;
}

export function sessionRoutes(parts: SessionParts): Route[] {
  const path = "/v1/session";
  return [
    { method: "POST", path, handle: (call) => open(parts, call) },
    { method: "DELETE", path, handle: (call) => end(parts, call) },
  ];
}

const REFUSALS = {
  engine_stopped: "ENGINE_STOPPED",
  disk_full: "DISK_FULL",
  engine_away: "ENGINE_AWAY",
  shutting_down: "SHUTTING_DOWN",
} as const;

/** Asked twice by one browser, it is one account: 201 when it was made, 200 when it was known. */
async function open({ demonstration, status }: SessionParts, call: Call): Promise<Reply> {
  if (!demonstration.isOffered(call)) throw new Refused({ code: "SESSION_NOT_OFFERED" });
  if (status.state === "starting") throw new Refused({ code: "STARTING" });
  const nowMs = Date.now();
  const known = demonstration.caller(call, nowMs);
  if (known !== undefined) {
    await demonstration.seen([known.account.account_id], nowMs);
    return reply(200, known, demonstration.cookie(call, known.account, nowMs));
  }
  // An account that no engine hears of would be lost, and another made at the next try.
  if (status.state !== "online") throw new Refused({ code: REFUSALS[status.state] });
  const { caller, cookie } = await demonstration.open(call, nowMs);
  return reply(201, caller, cookie);
}

/** Afterwards the browser is nobody, whoever it was; asked twice, once is enough. */
async function end({ demonstration, endSockets }: SessionParts, call: Call): Promise<Reply> {
  if (!demonstration.isOffered(call)) throw new Refused({ code: "SESSION_NOT_OFFERED" });
  const nowMs = Date.now();
  const known = demonstration.caller(call, nowMs);
  if (known !== undefined) {
    await demonstration.end(known, nowMs);
    endSockets(known.key);
  }
  const headers = [["Set-Cookie", demonstration.noCookie(call)]] as const;
  return { ...json(200, `{"account":null}`), headers };
}

function reply(status: number, { account, scopes }: Caller, cookie: string): Reply {
  const body = JSON.stringify({ account: account.name, scopes, demonstration: true });
  return { ...json(status, body), headers: [["Set-Cookie", cookie]] };
}
