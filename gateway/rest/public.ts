/**
 * The routes anyone may call: what a person asks for now and then. Everything is read from the market
 * as it is folded; nothing here waits for a shard.
 */
import type { Static } from "@sinclair/typebox";
import type { ShardClient } from "../../engine/client/shard-client.ts";
import { Refused } from "../errors.ts";
import { queryReader, valueOf } from "../forms/read.ts";
import { InstrumentsQuery, PAGE_DEFAULT, ProductsQuery } from "../forms/rest.ts";
import { writeInstrument } from "../market-data/encode.ts";
import type { Feed } from "../market-data/feed.ts";
import type { Market } from "../market-data/market.ts";
import type { Metrics } from "../metrics.ts";
import { invalid } from "../orders/decode.ts";
import type { Catalog, Product } from "../registry/catalog.ts";
import type { ExchangeStatus } from "../status.ts";
import { type Call, json, type Reply, type Route } from "./server.ts";

const readInstruments = queryReader(InstrumentsQuery);
const readProducts = queryReader(ProductsQuery);

export interface PublicParts {
  readonly clients: readonly ShardClient[];
  readonly market: Market;
  readonly catalog: Catalog;
  readonly status: ExchangeStatus;
  readonly metrics: Metrics;
  readonly version: string;
}

export function publicRoutes(parts: PublicParts): Route[] {
  const get = (path: string, handle: Route["handle"]): Route => ({ method: "GET", path, handle });
  return [
    get("/v1/instruments", (call) => listInstruments(parts, call)),
    get("/v1/instruments/*", ({ parts: [symbol] }) => {
      const feed = ready(parts).market.feed(symbol!);
      if (feed === undefined) throw new Refused({ code: "UNKNOWN_SYMBOL", param: "symbol" });
      return json(200, writeListed(feed));
    }),
    get("/v1/products", (call) => listProducts(parts, call)),
    get("/v1/products/*", ({ parts: [style] }) => {
      const product = parts.catalog.product(style!);
      if (product === undefined) throw new Refused({ code: "UNKNOWN_PRODUCT", param: "style" });
      return json(200, writeProduct(product));
    }),
    get("/v1/stats", () => json(200, writeStats(parts.clients))),
    get("/v1/status", () => json(200, parts.status.write())),
    get("/livez", () => json(200, `{"status":"live","version":"${parts.version}"}`)),
    get("/readyz", () =>
      parts.status.isReady
        ? json(200, `{"status":"ready"}`)
        : json(503, `{"status":"not_ready","reason":"${parts.status.state}"}`),
    ),
    get("/metrics", async () => {
      const { registry } = parts.metrics;
      return { status: 200, type: registry.contentType, body: await registry.metrics() };
    }),
  ];
}

/** Before the journal is replayed nothing of the market may be shown. */
function ready(parts: PublicParts): PublicParts {
  if (parts.status.state === "starting") throw new Refused({ code: "STARTING" });
  return parts;
}

function writeListed(feed: Feed): string {
  const text = writeInstrument(feed.view);
  return feed.stale ? `${text.slice(0, -1)},"stale":true}` : text;
}

function listInstruments(parts: PublicParts, { query }: Call): Reply {
  const { product: style, ...asked } = valueOf(readInstruments(query));
  const { catalog, market } = ready(parts);
  if (style !== undefined && catalog.product(style) === undefined) {
    throw new Refused({ code: "UNKNOWN_PRODUCT", param: "product" });
  }
  const all = catalog
    .instruments()
    .filter(({ product }) => style === undefined || product.spec.style === style);
  const page = takePage(all, asked, (each) => each.instrument_id);
  const rows = page.rows.map(({ instrument_id: id }) => market.feedById(id));
  const written = rows.filter((feed) => feed !== undefined).map(writeListed);
  return json(200, `{"instruments":[${written.join(",")}],"next_cursor":${page.nextCursor}}`);
}

function listProducts({ catalog }: PublicParts, { query }: Call): Reply {
  const asked = valueOf(readProducts(query));
  const page = takePage(catalog.products(), asked, (each) => each.product_id);
  const written = page.rows.map(writeProduct);
  return json(200, `{"products":[${written.join(",")}],"next_cursor":${page.nextCursor}}`);
}

/** What every answer says of a product. */
export function productBody({ product_id, spec }: Product) {
  const symbols = spec.sizes.map((size) => `${spec.style}:${size}`);
  return { product_id, ...spec, symbols };
}

export function writeProduct(product: Product): string {
  return JSON.stringify(productBody(product));
}

/** Rows after the cursor, by ascending id; the next cursor is written JSON. */
function takePage<T>(
  all: readonly T[],
  { limit = PAGE_DEFAULT, cursor }: Static<typeof ProductsQuery>,
  idOf: (row: T) => number,
): { rows: T[]; nextCursor: string } {
  const after = readCursor(cursor);
  const rest = all.filter((row) => idOf(row) > after);
  const rows = rest.slice(0, limit);
  const last = rows[rows.length - 1];
  const more = last !== undefined && rest.length > limit;
  return { rows, nextCursor: more ? `"${writeCursor(idOf(last))}"` : "null" };
}

const writeCursor = (id: number): string => Buffer.from(`after:${id}`).toString("base64url");

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const found = /^after:(\d{1,10})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (found === null) throw new Refused(invalid("cursor", "cursor is one that we gave."));
  return Number(found[1]);
}

/** Exactly the fields that are promised, summed over the shards. */
function writeStats(clients: readonly ShardClient[]): string {
  const shards = clients.map((client) => client.stats());
  const sum = (read: (stats: (typeof shards)[number]) => number): number =>
    shards.reduce((total, stats) => total + read(stats), 0);
  return JSON.stringify({
    trades_total: sum((it) => it.tradesTotal),
    orders_total: sum((it) => it.ordersTotal),
    orders_open: sum((it) => it.ordersOpen),
    shards: shards.map((it) => ({
      shard: it.shard,
      trades_total: it.tradesTotal,
      orders_total: it.ordersTotal,
      orders_open: it.ordersOpen,
      sequence: it.sequence,
    })),
  });
}
