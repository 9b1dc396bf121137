/** Connections that send orders for accounts of their own, and what is still open of them at the end. */
import { setTimeout as sleep } from "node:timers/promises";
import { logonParams, type OrderData, readMinor, type Signer } from "../../gateway/client/index.ts";
import { openAccounts, type Venue } from "../venue/exchange.ts";
import { type Line, openLine, targetOf } from "../wire/line.ts";
import { JSON_ORDERS } from "../wire/json-orders.ts";
import type { Encoding } from "../wire/order-frames.ts";
import { Generator } from "./generator.ts";

export interface Traders {
  readonly generator: Generator;
  readonly signers: readonly Signer[];
  /** Begins their client order ids: another one each run. */
  readonly prefix: string;
  close(): void;
}

const PREFIX_CHARS = 5;

export async function openTraders(
  venue: Venue,
  encoding: Encoding,
  count: number,
): Promise<Traders> {
  const names = Array.from({ length: count }, (_, at) => `load-${at}`);
  const signers = await openAccounts(venue, names);
  const lines: Line[] = [];
  const generator = new Generator(lines, encoding);
  let isEnding = false;
  const loggedOn: Promise<void>[] = [];
  for (const signer of signers) {
    const told = Promise.withResolvers<void>();
    let isTold = false;
    const line = await openLine(targetOf(venue.url, encoding.name), {
      message: (_opcode, bytes, start, end) => {
        if (isTold) return generator.hear(bytes, start, end);
        isTold = true;
        const answer = bytes.subarray(start, end);
        if (encoding.isLoggedOn(answer)) told.resolve();
        else told.reject(new Error(`no logon: ${answer.toString()}`));
      },
      closed: (code, reason) => {
        if (!isEnding) generator.troubles.push(`a connection was closed with ${code} ${reason}`);
      },
    });
    encoding.logOn(line, await logonParams(signer));
    lines.push(line);
    loggedOn.push(told.promise);
  }
  await Promise.all(loggedOn);
  return {
    generator,
    signers,
    prefix: Date.now().toString(36).slice(-PREFIX_CHARS),
    close: () => {
      isEnding = true;
      for (const line of lines) line.cut();
    },
  };
}

const SNAPSHOT_MAX_MS = 30_000;

/** Books as their owners know them: the sum of all open orders, in the words of `Chain.text`. */
export async function booksOfOwners(
  venue: Venue,
  signers: readonly Signer[],
): Promise<Map<string, string>> {
  const levels = new Map<string, Map<string, [quantity: number, orders: number]>>();
  for (const signer of signers) {
    for (const { symbol, side, price, open_qty: open } of await openOrders(venue, signer)) {
      const book = levels.get(symbol) ?? new Map<string, [number, number]>();
      levels.set(symbol, book);
      const level = book.get(`${side} ${price}`) ?? [0, 0];
      book.set(`${side} ${price}`, [level[0] + open, level[1] + 1]);
    }
  }
  const text = (book: Map<string, [number, number]>, side: string, sign: number): string =>
    [...book]
      .filter(([name]) => name.startsWith(side))
      .map(([name, [quantity, orders]]) => ({ price: name.split(" ")[1]!, quantity, orders }))
      .toSorted((a, b) => sign * (readMinor(a.price) - readMinor(b.price)))
      .map(({ price, quantity, orders }) => `${price},${quantity},${orders}`)
      .join(";");
  return new Map(
    [...levels].map(([name, book]) => [name, `${text(book, "buy", -1)}|${text(book, "sell", 1)}`]),
  );
}

async function openOrders(venue: Venue, signer: Signer): Promise<readonly OrderData[]> {
  const found = Promise.withResolvers<readonly OrderData[]>();
  const line = await openLine(targetOf(venue.url, "json"), {
    message: (_opcode, bytes, start, end) => {
      const said = JSON.parse(bytes.toString("utf8", start, end)) as {
        readonly success?: boolean;
        readonly channel?: string;
        readonly data?: readonly OrderData[];
      };
      if (said.success === false) found.reject(new Error(`open orders: ${JSON.stringify(said)}`));
      if (said.channel === "orders") found.resolve(said.data!);
    },
    closed: (code, reason) => found.reject(new Error(`closed with ${code} ${reason}`)),
  });
  JSON_ORDERS.logOn(line, await logonParams(signer));
  line.sendText(JSON.stringify({ method: "subscribe", params: { channel: "orders" } }));
  const late = sleep(SNAPSHOT_MAX_MS, null, { ref: false });
  const orders = await Promise.race([found.promise, late]);
  line.cut();
  if (orders === null) throw new Error("no answer about open orders");
  return orders;
}
