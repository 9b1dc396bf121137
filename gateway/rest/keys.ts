/**
 * Administration of API keys: made, changed, revoked. A secret is in one answer, the one that makes it,
 * and nowhere else: not in a list, not in a log.
 */
import type { Static } from "@sinclair/typebox";
import { readNetworks } from "../addresses.ts";
import { Refused } from "../errors.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { KeyBody, KeyChangeBody } from "../forms/admin.ts";
import { reader, valueOf } from "../forms/read.ts";
import { invalid } from "../orders/decode.ts";
import {
  type Identity,
  type KeyChange,
  type KeyRequest,
  type KeyRow,
  SCOPES_DEFAULT,
  type Scope,
} from "../registry/identity.ts";
import { readPublicKey } from "../registry/key-table.ts";
import type { Listing } from "../registry/listing.ts";
import { readTime, writeTime } from "../written-forms.ts";
import { readBody } from "./body.ts";
import { onceName } from "./once.ts";
import { type Call, json, type Reply } from "./server.ts";

const readKey = reader(KeyBody);
const readChange = reader(KeyChangeBody);

export interface KeyParts {
  readonly identity: Identity;
  readonly listing: Listing;
  /** Other gateways, who are told. */
  readonly fleet: Fleet | undefined;
}

export async function createKey({ identity, listing }: KeyParts, call: Call): Promise<Reply> {
  const request = readKeyRequest(call);
  const account = await identity.openAccount(request.account);
  await listing.tellAccount(account);
  const same = identity.keys().find((row) => row.revoked_at === null && isSame(row, request));
  if (same !== undefined) return json(200, JSON.stringify(same));
  const { row, secret } = await identity.addKey({ ...request, once: onceName(call) });
  return json(201, JSON.stringify(secret === undefined ? row : { ...row, secret }));
}

export async function changeKey({ identity, fleet }: KeyParts, call: Call): Promise<Reply> {
  const change = settingsOf(valueOf(readChange(readBody(call))));
  return told(fleet, await identity.changeKey(call.parts[0]!, change));
}

export async function revokeKey({ identity, fleet }: KeyParts, call: Call): Promise<Reply> {
  return told(fleet, await identity.revokeKey(call.parts[0]!));
}

function told(fleet: Fleet | undefined, row: KeyRow | undefined): Reply {
  if (row === undefined) throw new Refused({ code: "UNKNOWN_KEY", param: "key" });
  fleet?.tellKey({ key: row.key, revoked: row.revoked_at !== null });
  return json(200, JSON.stringify(row));
}

/** Asking twice with one public key makes one key; a secret is made anew each time. */
function isSame(row: KeyRow, request: KeyRequest): boolean {
  return (
    request.kind === "ed25519" &&
    row.public_key === request.publicKey &&
    row.account === request.account &&
    row.label === request.label &&
    row.scopes.join() === request.scopes.join() &&
    row.addresses.join() === request.addresses.join() &&
    row.expires_at === request.expiresAt &&
    row.trading === request.trading
  );
}

function readKeyRequest(call: Call): KeyRequest {
  const body = valueOf(readKey(readBody(call)));
  const { account, kind = "ed25519", public_key: publicKey } = body;
  const settings = { ...DEFAULTS, ...settingsOf(body), account };
  if (kind === "hmac") {
    if (publicKey === undefined) return { ...settings, kind };
    throw new Refused(invalid("public_key", SAYS_NO_PUBLIC_KEY));
  }
  if (publicKey === undefined) throw new Refused(invalid("public_key", SAYS_PUBLIC_KEY_MISSING));
  if (readPublicKey(publicKey) === undefined) {
    throw new Refused(invalid("public_key", "public_key is base64url of 32 raw Ed25519 bytes."));
  }
  return { ...settings, kind, publicKey };
}

const SAYS_NO_PUBLIC_KEY =
  "A key of kind hmac has no public_key: its secret is made here. Leave it out, or ask for ed25519.";
const SAYS_PUBLIC_KEY_MISSING =
  "Give the public_key of an ed25519 key, base64url of its 32 raw bytes, or ask for kind hmac.";

const DEFAULTS = {
  scopes: SCOPES_DEFAULT,
  label: "",
  expiresAt: null,
  addresses: [],
  trading: false,
} as const;

/** What was named, and nothing that was not. */
function settingsOf(body: Static<typeof KeyChangeBody>): KeyChange {
  const { scopes, label, trading, addresses, expires_at: expiresAt } = body;
  if (addresses !== undefined && readNetworks(addresses) === undefined) {
    const words = "addresses is a list of up to 100, each like 203.0.113.7 or 2001:db8::/32.";
    throw new Refused(invalid("addresses", words));
  }
  return {
    ...(scopes === undefined ? {} : { scopes: scopes as Scope[] }),
    ...(label === undefined ? {} : { label }),
    ...(trading === undefined ? {} : { trading }),
    ...(addresses === undefined ? {} : { addresses }),
    ...(expiresAt === undefined ? {} : { expiresAt: readExpiry(expiresAt) }),
  };
}

function readExpiry(value: string | null): string | null {
  const us = value === null ? 0 : readTime(value);
  if (!Number.isNaN(us)) return value === null ? null : writeTime(us);
  throw new Refused(invalid("expires_at", "expires_at is an RFC 3339 time, or null."));
}
