/**
 * One conversation with a core: a line of text in, a line of text out. All that the form promises
 * (see README.md) is kept here; what happens in the market is the core's to say.
 */
import {
  OrderType,
  PRICE_TICKS_MAX,
  QUANTITY_MAX,
  Reject,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../../engine/core/index.ts";
import { ACCOUNTS_MAX, type Core, KEPT_MAX, makeCore } from "./core.ts";
import { type Line, readLine } from "./line.ts";
import { makeOrders, type Order, type Orders, type Totals } from "./orders.ts";
import { MARKET, placeRest, placeWhole, type Terms } from "./place.ts";
import { makeSum } from "./sums.ts";

export interface Session {
  /** The answer to one line, ending with a newline. */
  answer(text: string, lineNumber: number): string;
  /** The answer to a line that could not even be held. */
  malformed(message: string, lineNumber: number): string;
  /** One line about everything so far; the hash is that of the core as it is now. */
  summary(): string;
}

/** Commands after which a core is not begun anew; a step may take many more. */
const KEPT_HERE = KEPT_MAX / 4;

/** Whoever names no account trades as this one, which nobody can name. */
const NOBODY = 1;

const SIDES = { buy: Side.BID, sell: Side.ASK } as const;
const SIDE_WORDS = { [Side.BID]: "buy", [Side.ASK]: "sell" } as Readonly<Record<number, string>>;
const TIFS = { GTC: TimeInForce.GTC, IOC: TimeInForce.IOC, FOK: TimeInForce.FOK } as const;
const STPS = {
  none: SelfTradePrevention.NONE,
  "expire-maker": SelfTradePrevention.CANCEL_MAKER,
  "expire-taker": SelfTradePrevention.CANCEL_TAKER,
  "expire-both": SelfTradePrevention.CANCEL_BOTH,
} as const;
const REJECT_WORDS: readonly string[] = Object.entries(Reject).reduce<string[]>(
  (words, [word, code]) => ((words[code] = word), words),
  [],
);

/** An empty core and the words for what is in it. */
interface World {
  readonly core: Core;
  readonly orders: Orders;
  readonly accounts: Map<string, number>;
  readonly instruments: Map<string, number>;
}

export function makeSession(): Session {
  const totals: Totals = { trades: 0, qty: makeSum(), qtyPx: makeSum() };
  let commands = 0;
  let malformedLines = 0;
  let world = makeWorld(totals);

  function answer(text: string, lineNumber: number): string {
    const line = readLine(text);
    if (typeof line === "string") return malformed(line, lineNumber);
    if (line.op === "book") return bookAnswer(world, line);
    if (line.op === "order") return orderAnswer(world, line);
    if (line.op === "reset") {
      if (world.core.commands() > 1) world = worldAfter(world, totals);
      return '{"ok":true}\n';
    }
    commands++;
    if (!world.core.isWhole() && world.core.commands() >= KEPT_HERE) world = wholeWorld(world);
    return step(world, line);
  }

  function malformed(message: string, lineNumber: number): string {
    malformedLines++;
    return `${JSON.stringify({ ok: false, code: "MALFORMED", line: lineNumber, message })}\n`;
  }

  return {
    answer,
    malformed,
    summary: () => {
      world = wholeWorld(world);
      return (
        `{"commands":${commands},"malformed":${malformedLines},"trades":${totals.trades},` +
        `"qty":${totals.qty.total()},"qty_px":${totals.qtyPx.total()},` +
        `"state_hash":"${world.core.shard.hash().text}"}\n`
      );
    },
  };
}

function makeWorld(totals: Totals, core: Core = makeCore()): World {
  core.setAccount(NOBODY);
  return { core, orders: makeOrders(totals), accounts: new Map(), instruments: new Map() };
}

/** An empty world. A core with little in it is emptied: streams that begin anew do so often. */
function worldAfter({ core, orders }: World, totals: Totals): World {
  if (core.commands() > KEPT_HERE) return makeWorld(totals);
  for (const { account, orderId } of orders.all()) core.cancel(account, orderId);
  core.beginAnew();
  return makeWorld(totals, core);
}

/** The same world in a core that never held another one. */
function wholeWorld(world: World): World {
  if (world.core.isWhole()) return world;
  const { core, ordersBefore, sequencesBefore } = world.core.madeWhole();
  for (const order of world.orders.all()) {
    order.orderId -= ordersBefore;
    order.priority -= sequencesBefore;
  }
  return { ...world, core };
}

function bookAnswer({ core, instruments }: World, line: Line): string {
  const instrument = instruments.get(line.book ?? "");
  const levelsMax = line.depth ?? Number.MAX_SAFE_INTEGER;
  const side = (which: number): string =>
    instrument === undefined
      ? ""
      : core.shard
          .depth(instrument, which, levelsMax)
          .map((level) => `[${level.priceTicks},${level.quantity},${level.orders}]`)
          .join(",");
  return `{"bids":[${side(Side.BID)}],"asks":[${side(Side.ASK)}]}\n`;
}

function orderAnswer(world: World, line: Line): string {
  const order = findOrder(world, line);
  if (order === undefined) return '{"open":null}\n';
  return `{"open":${order.open},"px":${order.px},"side":"${SIDE_WORDS[order.side]}"}\n`;
}

/** An id finds its order in any book, unless the line names another one. */
function findOrder({ orders, instruments }: World, line: Line): Order | undefined {
  const order = orders.find(line.id);
  if (order === undefined || line.book === undefined) return order;
  return order.instrument === instruments.get(line.book) ? order : undefined;
}

function step(world: World, line: Line): string {
  const { orders } = world;
  orders.begin();
  if (line.op === "limit" || line.op === "market") return placeStep(world, line);
  const order = findOrder(world, line);
  if (order === undefined) return refused(orders, Reject.UNKNOWN_ORDER, 0);
  const account = line.account === undefined ? order.account : accountOf(world, line.account);
  if (account === 0) return refused(orders, Reject.ACCOUNT_TABLE_FULL, order.open);
  if (line.op === "replace") replaceStep(world, line, order, account);
  else if (line.op === "cancel") world.core.cancel(account, order.orderId);
  // Within the core's int32; beyond it there is only "all" and "not even one".
  else world.core.reduce(account, order.orderId, clamp(line.by, 0, QUANTITY_MAX));
  if (line.op !== "replace") {
    const before = order.open;
    orders.read(world.core.events, order);
    if (line.op === "reduce" && order.open > 0) orders.outcome.canceled = before - order.open;
  }
  return answered(orders, order);
}

function placeStep(world: World, line: Line): string {
  const { core, orders } = world;
  const { id, px = 0, qty = 0, postOnly = false } = line;
  if (orders.find(id) !== undefined) return refused(orders, Reject.CLIENT_ORDER_ID_REUSED, 0);
  const isMarket = line.op === "market";
  const reject = outOfBounds(isMarket ? 1 : px, qty);
  if (reject !== Reject.NONE) return refused(orders, reject, 0);
  const account = line.account === undefined ? NOBODY : accountOf(world, line.account);
  if (account === 0) return refused(orders, Reject.ACCOUNT_TABLE_FULL, 0);
  const instrument = instrumentOf(world, line.book ?? "");
  if (instrument === 0) return refused(orders, orders.outcome.reject, 0);
  const side = SIDES[line.side];
  // Prevention acts where both orders name one account; without a name there is none.
  const stp = account === NOBODY ? SelfTradePrevention.NONE : STPS[line.stp ?? "none"];
  const order = orders.make({ id, account, instrument, side, stp, px });
  const terms: Terms = isMarket
    ? MARKET
    : { orderType: OrderType.LIMIT, tif: TIFS[line.tif ?? "GTC"], postOnly };
  placeWhole(core, orders, order, qty, terms);
  return answered(orders, order);
}

/** The quantity a line names is what shall be open; the core's amend speaks of totals. */
function replaceStep(world: World, line: Line, order: Order, account: number): void {
  const { core, orders } = world;
  const { px = order.px, qty = order.open } = line;
  const terms = { orderType: OrderType.LIMIT, tif: TimeInForce.GTC, postOnly: false };
  orders.outcome.reject = outOfBounds(px, qty);
  if (orders.outcome.reject !== Reject.NONE) return;
  if (account === order.account && order.filled + qty > QUANTITY_MAX) {
    // A total the core cannot say. Only an order that grows can have one; growing, it loses its
    // place, and to cancel it and place it anew comes to the same.
    core.cancel(account, order.orderId);
    order.open = 0;
    order.px = px;
    placeWhole(core, orders, order, qty, terms);
    return;
  }
  core.amend(account, order.orderId, px, order.filled + qty);
  orders.read(core.events, order);
  placeRest(core, orders, order, terms);
}

/** What the core would say to numbers that its records cannot hold, and to zero, which means "keep". */
function outOfBounds(px: number, qty: number): number {
  if (qty < 1) return Reject.QUANTITY_TOO_SMALL;
  if (qty > QUANTITY_MAX) return Reject.QUANTITY_TOO_LARGE;
  return px < 1 || px > PRICE_TICKS_MAX ? Reject.PRICE_OUT_OF_RANGE : Reject.NONE;
}

/** The core's number of an account, made known when new; 0 when there is no room for another. */
function accountOf({ core, accounts }: World, name: string): number {
  const known = accounts.get(name);
  if (known !== undefined) return known;
  const account = NOBODY + 1 + accounts.size;
  if (account >= ACCOUNTS_MAX) return 0;
  core.setAccount(account);
  accounts.set(name, account);
  return account;
}

/** The core's number of a book, listed when new; 0 when the core refused, and `outcome` says why. */
function instrumentOf({ core, orders, instruments }: World, name: string): number {
  const known = instruments.get(name);
  if (known !== undefined) return known;
  const instrument = instruments.size + 1;
  core.listInstrument(instrument);
  orders.read(core.events, null);
  if (orders.outcome.reject !== Reject.NONE) return 0;
  instruments.set(name, instrument);
  return instrument;
}

function answered(orders: Orders, order: Order): string {
  const { trades, stpCanceled, canceled, reject } = orders.outcome;
  orders.settle(order);
  if (reject !== Reject.NONE) return refused(orders, reject, order.open);
  return (
    `{"ok":true,"trades":[${trades}],"rests":${order.open},` +
    `"canceled":${canceled},"stpCanceled":[${stpCanceled}]}\n`
  );
}

function refused({ outcome }: Orders, reject: number, rests: number): string {
  return (
    `{"ok":false,"code":"${REJECT_WORDS[reject]}","trades":[],"rests":${rests},` +
    `"canceled":${outcome.canceled},"stpCanceled":[]}\n`
  );
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}
