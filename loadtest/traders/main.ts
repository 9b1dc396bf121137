/**
 * The simulated traders as a process of their own: `node loadtest/traders/main.ts --data DIR`. They
 * open their accounts through the admin interface of the exchange on DIR and trade through its public
 * API. They end when their standard input does, so that they never outlive whoever started them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Client, connect } from "../../gateway/client/index.ts";
import { type Exchange, openAccount } from "./accounts.ts";
import { Crowd } from "./crowd.ts";
import { Desk } from "./desk.ts";
import { Floor } from "./floor.ts";
import { makeRandom } from "./random.ts";
import { makeShoes, type Pair, type ProductRow } from "./shoes.ts";

const CROWD = { maker: 4, reseller: 6, bidder: 4, taker: 8 } as const;
type Role = keyof typeof CROWD;
/** Decides the character of the market: what is popular, dear, volatile; and what chance brings. */
const SEED = "solebook";
const READY_POLL_MS = 100;

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    rate: { type: "string", default: "20" },
    seed: { type: "string", default: SEED },
  },
});
const exchange = readExchange(values.data ?? "./solebook-data");
const stopping = new Promise<void>((resolve) => {
  process.stdin.on("end", resolve).on("error", resolve).resume();
  process.once("SIGTERM", resolve).once("SIGINT", resolve);
});

const clients: Client[] = [];
const crowd = await Promise.race([open(), stopping]);
if (crowd !== undefined) {
  crowd.start();
  await stopping;
  crowd.stop();
}
for (const client of clients) client.close();
process.exit(0);

async function open(): Promise<Crowd> {
  const shoes = makeShoes(await listProducts(), values.seed);
  const pairs = shoes.flatMap((shoe) => shoe.pairs);
  const bySymbol = new Map(pairs.map((pair) => [pair.symbol, pair]));
  const eyes = connect({ url: exchange.url });
  clients.push(eyes);
  const floor = new Floor(eyes, pairs);
  const desks = async (role: Role): Promise<Desk[]> => {
    const made: Desk[] = [];
    for (let number = 1; number <= CROWD[role]; number++) {
      made.push(await openDesk(`sim-${role}-${number}`, bySymbol));
    }
    return made;
  };
  const crowdParts = {
    makers: await desks("maker"),
    resellers: await desks("reseller"),
    bidders: await desks("bidder"),
    takers: await desks("taker"),
  };
  while (!floor.isReady) await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  const random = makeRandom(`${values.seed}/chance`);
  return new Crowd({ ...crowdParts, shoes, floor, rate: Number(values.rate), random });
}

async function openDesk(account: string, pairs: ReadonlyMap<string, Pair>): Promise<Desk> {
  const signer = await openAccount(exchange, account);
  const client = connect({ url: exchange.url, credentials: { kind: "key", signer } });
  clients.push(client);
  return new Desk(client, pairs);
}

async function listProducts(): Promise<ProductRow[]> {
  const rows: ProductRow[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const after: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${exchange.url}/v1/products?limit=1000${after}`);
    if (!response.ok) throw new Error(`no products: ${await response.text()}`);
    const page = (await response.json()) as { products: ProductRow[]; next_cursor: string | null };
    rows.push(...page.products);
    cursor = page.next_cursor;
  }
  return rows;
}

function readExchange(directory: string): Exchange {
  const read = (name: string): string => readFileSync(join(directory, name), "utf8").trim();
  return { url: read("url"), adminToken: read("admin.token") };
}
