/**
 * A gateway on a port of its own for tests, before shard doubles and a registry in a temporary
 * folder, with what a test needs to be an operator and a trader of it.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type GatewayHandle, type GatewayOptions, startGateway } from "../main.ts";
import type { ProductSpec } from "../registry/catalog.ts";
import type { Scope } from "../registry/identity.ts";
import { openLocalRegistry } from "../registry/local.ts";
import { Sealer, SEALING_KEY_BYTES } from "../registry/sealer.ts";
import { ShardDouble } from "./shard-double.ts";

export const TOKEN = "test-token";

export const JORDAN: ProductSpec = {
  style: "DZ5485-612",
  brand: "Jordan",
  model: "Air Jordan 1 High OG",
  colourway: 'Chicago "Lost & Found"',
  retail_price: "180.00",
  release_date: "2022-11-19",
  sizes: ["US-9", "US-10", "US-10.5"],
  tick: "1.00",
  band: { low: "50.00", high: "5000.00" },
  currency: "USD",
};

export interface TestExchange {
  readonly url: string;
  readonly gateway: GatewayHandle;
  readonly shard: ShardDouble;
  readonly dir: string;
  readonly registry: ReturnType<typeof openLocalRegistry>;
  /** Log lines so far, parsed. */
  readonly logs: Record<string, unknown>[];
  admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
  makeKey(account: string, scopes?: readonly Scope[]): Promise<TestKey>;
  stop(): Promise<void>;
}

export interface TestKey {
  readonly key: string;
  readonly privateKey: KeyObject;
}

/** What a server said, looked into at any depth; a test says what it expects there. */
export interface Json {
  readonly [key: string | number]: Json;
}

/** A frame from the server: an answer or a push. A test looks only at what its kind carries. */
export interface Message {
  readonly method: string;
  readonly req_id: number | string | null;
  readonly success: boolean;
  readonly result: Json;
  readonly error: { readonly code: string; readonly [more: string]: unknown };
  readonly channel?: string;
  readonly type: "snapshot" | "update";
  readonly symbol?: string;
  readonly shard?: number;
  readonly seq: number;
  readonly prev_seq: number;
  readonly data: Json;
  readonly stale?: boolean;
  readonly time_in: string;
  readonly limits?: { readonly orders_left: number; readonly per_second: number };
  readonly ignored?: readonly string[];
}

export interface LogonParams {
  readonly key: string;
  readonly timestamp: string;
  readonly signature: string;
}

export interface TestOptions extends Partial<GatewayOptions> {
  readonly seed?: readonly ProductSpec[];
  /** An earlier exchange's folder and journal: this one continues it. */
  readonly dir?: string;
  readonly journal?: readonly Uint8Array[];
  /** What secrets of HMAC keys are sealed with; null: nothing is. */
  readonly sealer?: Sealer | null;
}

export async function startTestExchange(options: TestOptions = {}): Promise<TestExchange> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), "solebook-gateway-"));
  const logs: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => logs.push(JSON.parse(line)) });
  const sizes = { shards: 1, accountsMax: 64, instrumentsMax: 512 };
  const { sealer = new Sealer([Buffer.alloc(SEALING_KEY_BYTES, TOKEN)]) } = options;
  const registry = openLocalRegistry({
    dataDir: dir,
    seed: options.seed ?? [JORDAN],
    ...sizes,
    ...(sealer === null ? {} : { sealer }),
  });
  const shard = new ShardDouble(0, options.journal);
  const { seed: _seed, dir: _dir, journal: _journal, sealer: _sealer, ...overrides } = options;
  const gateway = await startGateway({
    host: "127.0.0.1",
    port: 0,
    clients: [shard],
    stored: [shard.stored],
    registry,
    adminToken: TOKEN,
    logger,
    version: "test",
    limits: { shutdownSpreadMs: 20 },
    ...overrides,
  }).catch((error: unknown) => {
    shard.close();
    throw error;
  });
  const admin = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${gateway.url}/v1/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Json };
  };
  return {
    url: gateway.url,
    gateway,
    shard,
    dir,
    registry,
    logs,
    admin,
    makeKey: (account, scopes) => makeTestKey(gateway.url, account, scopes),
    stop: async () => {
      await gateway.close();
      shard.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A fresh key pair, its public half registered for `account`. */
export async function makeTestKey(
  url: string,
  account: string,
  scopes?: readonly Scope[],
): Promise<TestKey> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const response = await fetch(`${url}/v1/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ account, public_key: raw.toString("base64url"), scopes, trading: true }),
  });
  const { key } = (await response.json()) as { key: string };
  return { key, privateKey };
}

/** Logon parameters for `key`, signed at `atMs`. */
export function signLogon(key: TestKey, atMs = Date.now()): LogonParams {
  const timestamp = new Date(atMs).toISOString();
  const text = Buffer.from(`${timestamp}\nLOGON\n/v1/ws\n`);
  return {
    key: key.key,
    timestamp,
    signature: sign(null, text, key.privateKey).toString("base64url"),
  };
}
