/**
 * Demonstration accounts: a browser on this very machine gets an account of its own without any
 * identity, so that who looks may also trade. One cookie per browser and port, made by us and signed,
 * kept nowhere: so it outlives a restart, and dies with the data directory's admin token.
 *
 * It must never answer anything but a page of our own on this machine. Guarded several times, because
 * each alone has a hole: the peer is loopback (a proxy's peers all are), the origin is the host (a name
 * that somebody points at 127.0.0.1 is too), the host is a name of loopback with the port we listen on
 * (a forwarded port is another), and no header says that a proxy stands between.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Refused } from "../errors.ts";
import { type Account, type Caller, type Identity, SCOPES_DEFAULT } from "../registry/identity.ts";
import type { Listing } from "../registry/listing.ts";
import { RegistryFull } from "../registry/local.ts";
import { PROXY_HEADERS } from "../rest/server.ts";
import { TokenBucket } from "./limits.ts";

/** Accounts given away in the life of a data directory; then a key is asked for, here too. */
export const DEMONSTRATION_ACCOUNTS_MAX = 1_000;
const PREFIX = "demo-";
const COOKIE_S = 30 * 24 * 3_600;
const MADE_PER_SECOND = 2;
const MADE_BURST = 20;
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?$/i;

/** What is known of a request, HTTP or upgrade, before it is answered. */
export interface Visitor {
  readonly loopback: boolean;
  readonly header: (name: string) => string;
}

export interface DemonstrationParts {
  readonly identity: Identity;
  readonly listing: Pick<Listing, "tellAccount">;
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
    const ours = this.#seal(`${id}.${untilS}`);
    if (!timingSafeEqual(Buffer.from(seal!), Buffer.from(ours))) return undefined;
    if (Number(untilS) * 1_000 < nowMs) return undefined;
    const account = this.#parts.identity.accountById(Number(id));
    return account === undefined ? undefined : callerOf(account);
  }

  /** A new account, known to the engine; and the cookie that says so. Throws Refused. */
  async open(visitor: Visitor, nowMs: number): Promise<{ caller: Caller; cookie: string }> {
    const waitMs = this.#made.take(performance.now());
    if (waitMs > 0) throw new Refused({ code: "RATE_LIMITED", retryAfterMs: waitMs });
    const { identity, listing } = this.#parts;
    const names = new Set(identity.accounts().map(({ name }) => name));
    let number = 1;
    while (names.has(`${PREFIX}${number}`)) number++;
    if (number > DEMONSTRATION_ACCOUNTS_MAX) throw new Refused({ code: "DEMONSTRATION_FULL" });
    const account = await identity.openAccount(`${PREFIX}${number}`).catch((error: unknown) => {
      throw error instanceof RegistryFull ? new Refused({ code: "DEMONSTRATION_FULL" }) : error;
    });
    await listing.tellAccount(account);
    return { caller: callerOf(account), cookie: this.cookie(visitor, account, nowMs) };
  }

  /** The header's value. Not `Secure`: loopback is served without TLS, and nobody listens there. */
  cookie(visitor: Visitor, { account_id: id }: Account, nowMs: number): string {
    const value = `${id}.${Math.floor(nowMs / 1_000) + COOKIE_S}`;
    const attributes = `Path=/v1; HttpOnly; SameSite=Strict; Max-Age=${COOKIE_S}`;
    return `${cookieName(visitor)}=${value}.${this.#seal(value)}; ${attributes}`;
  }

  #seal(value: string): string {
    return createHmac("sha256", this.#key).update(value).digest("base64url");
  }
}

function callerOf(account: Account): Caller {
  return { key: account.name, account, scopes: SCOPES_DEFAULT };
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
