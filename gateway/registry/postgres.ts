/**
 * The registry of a cluster: the same numbers for every gateway, in one row of Postgres. Reads are from
 * memory, as with the local one; a write takes the row's lock, goes on from what the row says then, and
 * counts once it is committed. The others hear of it by a notification, and look once a second besides.
 *
 * It is the local registry with another place to be kept, so that both hand out numbers alike.
 */
import { Client } from "pg";
import { Refused } from "../errors.ts";
import type { Catalog, ProductSpec } from "./catalog.ts";
import type { Account, Guest, Identity, KeyChange, KeyRequest } from "./identity.ts";
import { isSameKey } from "./key-table.ts";
import { LocalRegistry, type RegistryBounds, RegistryFull } from "./local.ts";
import { parseRegistry, type RegistryFile } from "./registry-file.ts";

export interface SharedRegistry extends Identity, Catalog {
  journalId(shard: number): string | undefined;
  bindJournals(ids: readonly string[]): Promise<void>;
  /** Reads again what there is: for who hears of a number that is not here. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
const QUERY_MS = 5_000;
const LOOK_MS = 1_000;
const CHANNEL = "solebook_registry";
const PLACE = "the registry in Postgres";
/** Any number, the same in every process: two that begin at once make the table one after the other. */
const MAKING_TABLE = 7_302_114_530;

const TABLE = `
  CREATE SCHEMA IF NOT EXISTS solebook_gateway;
  CREATE TABLE IF NOT EXISTS solebook_gateway.registry (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    version  bigint  NOT NULL CHECK (version > 0),
    document jsonb   NOT NULL
  )`;

interface Row {
  readonly version: string;
  readonly document: unknown;
}

/** Throws what `pg` throws, and RegistryDamaged. The seed goes into a registry that is new. */
export async function openSharedRegistry(
  url: string,
  bounds: RegistryBounds,
): Promise<SharedRegistry> {
  const link = makeLink(url, () => void refresh().catch(() => {}));
  const listeners: ((key: string) => void)[] = [];
  let version = 0;
  let model = new LocalRegistry(bounds, undefined, nowhere);
  let turn: Promise<unknown> = Promise.resolve();

  function adopt(next: LocalRegistry, nextVersion: number): void {
    const before = model.keys().filter(({ revoked_at: at }) => at === null);
    model = next;
    version = nextVersion;
    const now = new Map(model.keys().map((row) => [row.key, row]));
    for (const row of before) {
      const after = now.get(row.key);
      if (after !== undefined && isSameKey(row, after)) continue;
      for (const listener of listeners) listener(row.key);
    }
  }

  /** One after the other: there is one connection. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  }

  function refresh(): Promise<void> {
    return inTurn(async () => {
      const row = await readRow(await link.client(), "");
      if (row === null || Number(row.version) === version) return;
      adopt(modelOf(row, bounds, nowhere), Number(row.version));
    });
  }

  /** `change` is made to what the row says, and kept with it or not at all. */
  function write<Result>(change: (model: LocalRegistry) => Promise<Result>): Promise<Result> {
    return inTurn(async () => {
      const client = await link.client();
      try {
        await client.query("BEGIN");
        await client.query("SELECT pg_advisory_xact_lock($1)", [MAKING_TABLE]);
        const row = await readRow(client, "FOR UPDATE");
        let kept: RegistryFile | undefined;
        const next = modelOf(row, bounds, (file) => void (kept = file));
        if (row === null) next.seed(bounds.seed);
        const result = await change(next);
        const nextVersion = Number(row?.version ?? 0) + (kept === undefined ? 0 : 1);
        if (kept !== undefined) {
          await client.query(
            `INSERT INTO solebook_gateway.registry (version, document) VALUES ($1, $2)
               ON CONFLICT (only_one) DO UPDATE SET version = $1, document = $2`,
            [nextVersion, JSON.stringify(kept)],
          );
          await client.query(`NOTIFY ${CHANNEL}`);
        }
        await client.query("COMMIT");
        adopt(modelOf({ version: "0", document: next.file() }, bounds, nowhere), nextVersion);
        return result;
      } catch (error) {
        await client.query("ROLLBACK").catch(() => link.drop());
        throw error instanceof Refused || error instanceof RegistryFull ? error : unsure(error);
      }
    });
  }

  const looking = setInterval(() => void refresh().catch(() => link.drop()), LOOK_MS);
  try {
    const client = await link.client();
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock($1)", [MAKING_TABLE]);
    await client.query(TABLE);
    await client.query("COMMIT");
    await write(async () => {});
    model.checkSecrets();
  } catch (error) {
    clearInterval(looking);
    await link.close();
    throw error;
  }

  return {
    journalId: (shard) => model.journalId(shard),
    bindJournals: (ids) => write(async (next) => next.bindJournals(ids)),
    refresh,
    key: (id) => model.key(id),
    keys: () => model.keys(),
    accounts: () => model.accounts(),
    accountById: (id) => model.accountById(id),
    openAccount: async (name: string, guest?: Guest): Promise<Account> => {
      const known = model.accounts().find((account) => account.name === name);
      return known ?? write((next) => next.openAccount(name, guest));
    },
    keepGuests: (guests) => write((next) => next.keepGuests(guests)),
    addKey: (request: KeyRequest) => write((next) => next.addKey(request)),
    changeKey: (id, change: KeyChange) => write((next) => next.changeKey(id, change)),
    revokeKey: (id) => write((next) => next.revokeKey(id)),
    onKeyChanged: (listener) => void listeners.push(listener),
    products: () => model.products(),
    instruments: () => model.instruments(),
    product: (style) => model.product(style),
    instrument: (symbol) => model.instrument(symbol),
    instrumentById: (id) => model.instrumentById(id),
    addProduct: (spec: ProductSpec) => write((next) => next.addProduct(spec)),
    close: async () => {
      clearInterval(looking);
      await link.close();
    },
  };
}

/** A database's trouble, perhaps after it had committed: asked again, the same is answered alike. */
function unsure(error: unknown): Refused {
  const words = error instanceof Error ? error.message : String(error);
  const message = `Postgres could not be written (${words}); look what was kept, then send it again.`;
  return new Refused({ code: "REGISTRY_WRITE_FAILED", message, execution: "unknown" }, error);
}

function nowhere(): never {
  throw new Error("the registry is written in a transaction only");
}

function modelOf(
  row: Row | null,
  bounds: RegistryBounds,
  keep: (file: RegistryFile) => void,
): LocalRegistry {
  const stored = row === null ? undefined : parseRegistry(JSON.stringify(row.document), PLACE);
  return new LocalRegistry(bounds, stored, keep);
}

async function readRow(client: Client, lock: "" | "FOR UPDATE"): Promise<Row | null> {
  const { rows } = await client.query<Row>(
    `SELECT version, document FROM solebook_gateway.registry ${lock}`,
  );
  return rows[0] ?? null;
}

interface Link {
  /** Connected; anew, when it was lost. */
  client(): Promise<Client>;
  drop(): void;
  close(): Promise<void>;
}

function makeLink(url: string, onNotified: () => void): Link {
  let present: Promise<Client> | null = null;

  async function connect(): Promise<Client> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: QUERY_MS,
      application_name: "solebook gateway",
    });
    client.on("error", drop);
    client.on("notification", onNotified);
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    return client;
  }

  function drop(): void {
    present?.then((client) => client.end()).catch(() => {});
    present = null;
  }

  return {
    client: () => {
      const attempt = (present ??= connect());
      attempt.catch(() => {
        if (present === attempt) present = null;
      });
      return attempt;
    },
    drop,
    close: async () => {
      const client = await present?.catch(() => null);
      present = null;
      await client?.end().catch(() => {});
    },
  };
}
