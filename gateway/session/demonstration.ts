/**
 * Demonstration accounts: a browser on this very machine gets an account of its own without any
 * identity, so that who looks may also trade. One cookie per browser and port, made by us and signed,
 * kept nowhere: so it outlives a restart, and dies with the data directory's admin token, with a
 * log-out, and when its account is given to another.
 *
 * It must never answer anything but a page of our own on this machine. Guarded several times, because
 * each alone has a hole: the peer is loopback (a proxy's peers all are), the origin is the host (a name
 * that somebody points at 127.0.0.1 is too), the host is a name of loopback with the port we listen on
 * (a forwarded port is another), and no header says that a proxy stands between.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Logger } from "pino";
import { Refused } from "../errors.ts";
import {
  type Account,
  type Caller,
  type Guest,
  type Identity,
  SCOPES_DEFAULT,
} from "../registry/identity.ts";
import type { Listing } from "../registry/listing.ts";
import { RegistryFull } from "../registry/local.ts";
import { PROXY_HEADERS } from "../rest/server.ts";
import { TokenBucket } from "./limits.ts";

/** Accounts of a data directory that are given away; then they are given again, or a key is asked for. */
export const DEMONSTRATION_ACCOUNTS_MAX = 1_000;
/** How old the word that somebody is here may get before it is written down again. */
const SEEN_FOR_MS = 3_600_000;
/** An account unused for a day may be another's; the hour is that by which the word may be late. */
const IDLE_MS = 24 * 3_600_000 + SEEN_FOR_MS;
const PREFIX = "demo-";
const COOKIE_S = 30 * 24 * 3_600;
const MADE_PER_SECOND = 2;
const MADE_BURST = 20;
const ATTRIBUTES = "Path=/v1; HttpOnly; SameSite=Strict";
/** Holders of an account are counted from here. */
const FIRST = 1;
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i;

/** What is known of a request, HTTP or upgrade, before it is answered. */
export interface Visitor {
  readonly loopback: boolean;
  readonly header: (name: string) => string;
}

export interface DemonstrationParts {
  readonly identity: Identity;
  readonly listing: Pick<Listing, "tellAccount">;
  /** Whether the account ever traded or has an open order: then it stays its holder's. */
  readonly hasPast: (accountId: number) => boolean;
  readonly hasSocket: (accountId: number) => boolean;
  readonly logger: Logger;
  /** Secret, and as lasting as the accounts. */
  readonly secret: string;
}

export class Demonstration {
  readonly #parts: DemonstrationParts;
  readonly #key: Buffer;
  readonly #made = new TokenBucket(MADE_PER_SECOND, MADE_BURST, performance.now());
  /** Nobody is a page of ours before we listen. */
  #port = "";

  constructor(parts: DemonstrationParts) {
    this.#parts = parts;
    this.#key = createHmac("sha256", parts.secret).update("demonstration session").digest();
  }

  listensOn(port: number): void {
    this.#port = String(port);
  }

  /** Whether this visitor may have an account: a page of ours, on this machine. */
  isOffered({ loopback, header }: Visitor): boolean {
    const host = header("host");
    if (!loopback || portOf(host) !== this.#port) return false;
    if (PROXY_HEADERS.some((name) => header(name) !== "")) return false;
    return header("origin") === `http://${host}`;
  }

  /** Who the visitor's cookie says it is; undefined when it says nothing that we signed. */
  caller(visitor: Visitor, nowMs: number): Caller | undefined {
    if (!this.isOffered(visitor)) return undefined;
    const given = readCookie(visitor.header("cookie"), cookieName(visitor));
    const found = /^(\d{1,10})\.(\d{1,12})\.([\w-]{43})$/.exec(given);
    if (found === null) return undefined;
    const [, id, untilS, seal] = found;
    const account = this.#parts.identity.accountById(Number(id));
    if (account === undefined) return undefined;
    const ours = this.#seal(account, Number(untilS));
    if (!timingSafeEqual(Buffer.from(seal!), Buffer.from(ours))) return undefined;
    return Number(untilS) * 1_000 < nowMs ? undefined : callerOf(account);
  }

  /** A new account, known to the engine; and the cookie that says so. Throws Refused. */
  async open(visitor: Visitor, nowMs: number): Promise<{ caller: Caller; cookie: string }> {
    const waitMs = this.#made.take(performance.now());
    if (waitMs > 0) throw new Refused({ code: "RATE_LIMITED", retryAfterMs: waitMs });
    const account = (await this.#new(nowMs)) ?? (await this.#again(nowMs));
    if (account === undefined) throw new Refused({ code: "DEMONSTRATION_FULL" });
    await this.#parts.listing.tellAccount(account);
    return { caller: callerOf(account), cookie: this.cookie(visitor, account, nowMs) };
  }

  /** Ends the session, durably: its cookie says nothing any more. What the account has stays there. */
  end({ account }: Caller, nowMs: number): Promise<void> {
    return this.#handOn(account, nowMs);
  }

  /** They are here: told now and then, so that nobody else is given what is theirs. */
  async seen(accountIds: Iterable<number>, nowMs: number): Promise<void> {
    const { identity, logger } = this.#parts;
    const guests = new Map<number, Guest>();
    for (const id of accountIds) {
      const guest = identity.accountById(id)?.guest;
      if (guest === undefined || nowMs - Date.parse(guest.seen_at) < SEEN_FOR_MS) continue;
      guests.set(id, { ...guest, seen_at: timeOf(nowMs) });
    }
    if (guests.size === 0) return;
    await identity.keepGuests(guests).catch((error: unknown) => {
      // No reason to turn anybody away: it is said again soon, and a day has many hours.
      logger.warn({ err: error }, "who is here could not be written down");
    });
  }

  /** The header's value. Not `Secure`: loopback is served without TLS, and nobody listens there. */
  cookie(visitor: Visitor, account: Account, nowMs: number): string {
    const untilS = Math.floor(nowMs / 1_000) + COOKIE_S;
    const value = `${account.account_id}.${untilS}.${this.#seal(account, untilS)}`;
    return `${cookieName(visitor)}=${value}; ${ATTRIBUTES}; Max-Age=${COOKIE_S}`;
  }

  /** The header's value that has the browser forget. */
  noCookie(visitor: Visitor): string {
    return `${cookieName(visitor)}=; ${ATTRIBUTES}; Max-Age=0`;
  }

  /** Undefined when no more can be made. */
  async #new(nowMs: number): Promise<Account | undefined> {
    const { identity } = this.#parts;
    const names = new Set(identity.accounts().map(({ name }) => name));
    let number = 1;
    while (names.has(`${PREFIX}${number}`)) number++;
    if (number > DEMONSTRATION_ACCOUNTS_MAX) return undefined;
    const guest = { holder: FIRST, seen_at: timeOf(nowMs) };
    return identity.openAccount(`${PREFIX}${number}`, guest).catch((error: unknown) => {
      if (error instanceof RegistryFull) return undefined;
      throw error;
    });
  }

  /** The one that was idle longest, if any was for a day; as new as an account can be. */
  async #again(nowMs: number): Promise<Account | undefined> {
    const { identity, hasPast, hasSocket } = this.#parts;
    const keyed = new Set(identity.keys().map((key) => key.account_id));
    const [idle] = identity
      .accounts()
      .flatMap((account) => {
        const { account_id: id, guest } = account;
        if (guest === undefined || keyed.has(id) || hasPast(id) || hasSocket(id)) return [];
        return [{ account, seenMs: Date.parse(guest.seen_at) }];
      })
      .filter(({ seenMs }) => nowMs - seenMs >= IDLE_MS)
      .toSorted((a, b) => a.seenMs - b.seenMs);
    if (idle === undefined) return undefined;
    await this.#handOn(idle.account, nowMs);
    return identity.accountById(idle.account.account_id);
  }

  /** From now on it is its next holder's: no cookie of before counts. */
  #handOn({ account_id: id, guest }: Account, nowMs: number): Promise<void> {
    const next = { holder: (guest?.holder ?? FIRST) + 1, seen_at: timeOf(nowMs) };
    return this.#parts.identity.keepGuests(new Map([[id, next]]));
  }

  #seal({ account_id: id, guest }: Account, untilS: number): string {
    const text = `${id}.${guest?.holder ?? FIRST}.${untilS}`;
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }
}

const timeOf = (ms: number): string => new Date(ms).toISOString();

function callerOf(account: Account): Caller {
  const forNow = { expiresMs: Infinity, addresses: null, trading: true };
  return { key: account.name, account, scopes: SCOPES_DEFAULT, ...forNow };
}

/** Cookies know no ports: two exchanges on one machine would take each other's. */
function cookieName({ header }: Visitor): string {
  return `solebook-demonstration-${portOf(header("host"))}`;
}

/** Of a host that is a name of loopback; undefined: it is none. */
function portOf(host: string): string | undefined {
  const found = LOOPBACK_HOST.exec(host);
  return found === null ? undefined : (found[2] ?? "80");
}

function readCookie(header: string, name: string): string {
  for (const part of header.split(";")) {
    const at = part.indexOf("=");
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return "";
}
