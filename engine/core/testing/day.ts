/**
 * A trading day in words: each line a command and what must come of it.
 *
 * ```
 * place A1 ask 1 @ 250      -> accepted, rested 1
 * place B1 bid 2 @ 260      -> accepted, trade A1 B1 1 @ 250, rested 1
 * cancel B1                 -> cancelled 1
 * ```
 *
 * `A1` is a client order id; its letter is the account (A is 1). Instrument 1 is listed, accounts A
 * to D may trade. A line that begins with "then" goes on with the one before it. Times are seconds since the day began. Words a line knows are in COMMANDS below.
 */
import { expect } from "@jest/globals";
import {
  CancelReason,
  CommandType,
  EventType,
  InstrumentState,
  OrderStatus,
  OrderType,
  Reject,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../codes.ts";
import { decodeClientOrderId } from "../client-order-id.ts";
import { CommandFlag } from "../command.ts";
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventFlag,
  EventI32,
  EventU8,
} from "../event.ts";
import {
  type BookKind,
  DAY_START_US,
  type Driver,
  type DriverOptions,
  makeDriver,
  type Words,
} from "./driver.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Numbers = Readonly<Record<string, number>>;

const nameOf = (codes: Numbers, value: number): string =>
  Object.keys(codes).find((key) => codes[key] === value) ?? String(value);
const codeOf = (codes: Numbers, word: string): number => codes[word.toUpperCase()] ?? Number(word);
const accountOf = (name: string): number => name.toUpperCase().charCodeAt(0) - 64;
const atUs = (seconds: string): number => DAY_START_US + Math.round(Number(seconds) * 1_000_000);

const secondsOf = (us: number): number | undefined =>
  us === 0 ? undefined : (us - DAY_START_US) / 1_000_000;

const LISTING: Words = {
  instrument: 1,
  product: 1,
  tickMinor: 100,
  state: InstrumentState.CONTINUOUS,
};

/** Words that may follow a command, and how many words each takes. */
const OPTIONS: Readonly<Record<string, (words: Mutable<Words>, next: () => string) => void>> = {
  "@": (w, next) => void (w.priceTicks = Number(next())),
  market: (w) => {
    w.orderType = OrderType.MARKET;
    w.tif = TimeInForce.IOC;
  },
  ioc: (w) => void (w.tif = TimeInForce.IOC),
  fok: (w) => void (w.tif = TimeInForce.FOK),
  gtd: (w, next) => {
    w.tif = TimeInForce.GTD;
    w.expiresAtUs = atUs(next());
  },
  expires: (w, next) => void (w.expiresAtUs = atUs(next())),
  fires: (w, next) => void (w.expiresAtUs = atUs(next())),
  post: (w) => void (w.flags = CommandFlag.POST_ONLY),
  stp: (w, next) => void (w.stp = codeOf(SelfTradePrevention, next())),
  deadline: (w, next) => void (w.deadlineUs = atUs(next())),
  on: (w, next) => void (w.instrument = Number(next())),
  bid: (w) => void (w.side = Side.BID),
  ask: (w) => void (w.side = Side.ASK),
  side: (w, next) => void (w.side = Number(next())),
  type: (w, next) => void (w.orderType = Number(next())),
  tif: (w, next) => void (w.tif = Number(next())),
  flags: (w, next) => void (w.flags = Number(next())),
  priority: (w, next) => void (w.priority = Number(next())),
  indicative: (w) => void (w.flags = CommandFlag.INDICATIVE),
  leg: (w) => void (w.flags = CommandFlag.LEG),
  part: (w, next) => {
    const [index, count] = next().split("/").map(Number);
    w.compoundIndex = (index ?? 1) - 1;
    w.compoundCount = count ?? 0;
  },
  tag: (w, next) => void (w.tag = Number(next())),
  order: (w, next) => void (w.orderId = Number(next())),
  account: (w, next) => void (w.account = accountOf(next())),
  units: (w, next) => void (w.quantity = Number(next())),
  id: (w, next) => {
    const text = next();
    w.clientOrderId = text === "none" ? "" : text;
  },
  product: (w, next) => void (w.product = Number(next())),
  tick: (w, next) => void (w.tickMinor = Number(next())),
  max: (w, next) => void (w.quantityMax = Number(next())),
  reference: (w, next) => void (w.referenceTicks = Number(next())),
  state: (w, next) => void (w.state = codeOf(InstrumentState, next())),
  band: (w, next) => {
    const [low, high] = next().split("..").map(Number);
    w.bandLowTicks = low ?? 0;
    w.bandHighTicks = high ?? 0;
  },
  allowed: (w) => void (w.flags = CommandFlag.ALLOWED),
  suspended: (w) => void (w.flags = 0),
  orders: (w, next) => void (w.openOrdersMax = Number(next())),
  value: (w, next) => void (w.openBidValueMaxMinor = Number(next())),
};

const named = (name: string): Words => ({ account: accountOf(name), clientOrderId: name });

/** What each command starts from, by its first words. */
const COMMANDS: Readonly<Record<string, (first: string) => [number, Words]>> = {
  place: (name) => [
    CommandType.PLACE,
    { ...named(name), orderType: OrderType.LIMIT, tif: TimeInForce.GTC, instrument: 1 },
  ],
  restore: (name) => [
    CommandType.RESTORE,
    { ...named(name), orderType: OrderType.LIMIT, tif: TimeInForce.GTC, instrument: 1 },
  ],
  cancel: (name) => [CommandType.CANCEL, named(name)],
  amend: (name) => [CommandType.AMEND, named(name)],
  reduce: (name) => [CommandType.REDUCE, named(name)],
  status: (name) => [CommandType.ORDER_STATUS, named(name)],
  "cancel-all": (letter) => [CommandType.CANCEL_ALL, { account: accountOf(letter) }],
  timer: (letter) => [CommandType.ARM_TIMER, { account: accountOf(letter) }],
  list: (n) => [CommandType.LIST_INSTRUMENT, { ...LISTING, instrument: Number(n) }],
  "set-state": (n) => [CommandType.SET_INSTRUMENT_STATE, { instrument: Number(n) }],
  "set-band": (n) => [CommandType.SET_BAND, { instrument: Number(n) }],
  "set-account": (letter) => [CommandType.SET_ACCOUNT, { account: accountOf(letter) }],
  "set-behaviour": (n) => [CommandType.SET_BEHAVIOUR, { behaviour: Number(n) }],
  uncross: (n) => [CommandType.UNCROSS, { instrument: Number(n) }],
  clock: () => [CommandType.CLOCK, {}],
};

function parse(text: string): [number, Words] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const start = COMMANDS[words[0] ?? ""];
  if (start === undefined) throw new Error(`no such command: ${text}`);
  const [type, base] = start(words[1] ?? "");
  const command: Mutable<Words> = { ...base };
  for (let at = 2; at < words.length; at++) {
    const word = words[at]!;
    const option = OPTIONS[word];
    if (option !== undefined) option(command, () => words[++at] ?? "");
    else if (/^-?\d+$/.test(word)) command.quantity = Number(word);
    else throw new Error(`no such word: ${word} in ${text}`);
  }
  return [type, command];
}

/** One event as words; `own` is the client order id the command named. */
function say(u8: Uint8Array, i32: Int32Array, f64: Float64Array, own: string): string {
  const flags = u8[EventU8.flags]!;
  const isAgain = (flags & EventFlag.DUPLICATE) !== 0;
  const quantity = i32[EventI32.quantity]!;
  const priceTicks = i32[EventI32.priceTicks]!;
  const owner = decodeClientOrderId(i32, EventI32.clientOrderId);
  const taker = decodeClientOrderId(i32, EventI32.takerClientOrderId);
  const status = nameOf(OrderStatus, u8[EventU8.status]!);
  const now = `${status} ${quantity} open ${i32[EventI32.open]} filled ${i32[EventI32.filled]}`;
  const whose = owner === own ? "" : `${owner} `;
  const reason = nameOf(CancelReason, u8[EventU8.reason]!);
  switch (u8[EventU8.type]) {
    case EventType.ACCEPTED:
      return isAgain ? `accepted again ${now}` : "accepted";
    case EventType.REJECTED:
      return `rejected ${isAgain ? "again " : ""}${nameOf(Reject, u8[EventU8.reason]!)}`;
    case EventType.TRADE:
      return `trade ${owner} ${taker} ${quantity} @ ${priceTicks}`;
    case EventType.RESTED:
      return `rested ${quantity}${
        (flags & EventFlag.RESTORED) === 0 ? "" : ` by ${f64[EventF64.priority]}`
      }`;
    case EventType.CANCELLED:
      return `cancelled ${whose}${quantity}${reason === "REQUESTED" ? "" : ` ${reason}`}`;
    case EventType.EXPIRED:
      return `expired ${whose}${quantity}`;
    case EventType.AMENDED: {
      const after = `${i32[EventI32.newTotal]} @ ${i32[EventI32.newPriceTicks]}`;
      return `amended ${after}${(flags & EventFlag.REQUEUED) === 0 ? "" : " requeued"}`;
    }
    case EventType.PREVENTED:
      return `prevented ${owner} ${taker} ${quantity}`;
    case EventType.GROUP_REDUCED:
      return `reduced ${whose}${quantity} open ${i32[EventI32.open]}`;
    case EventType.AUCTION_COUNTED: {
      const bids = `${i32[EventI32.bidOrders]}/${f64[EventF64.bidUnits]}`;
      const asks = `${i32[EventI32.askOrders]}/${f64[EventF64.askUnits]}`;
      const units = f64[EventF64.auctionUnits]!;
      return `counts ${bids} ${asks}${units === 0 ? "" : ` would ${units} @ ${priceTicks}`}`;
    }
    case EventType.UNCROSS_ACCEPTED:
      return `uncrosses ${quantity}${(flags & EventFlag.MORE_PENDING) === 0 ? "" : " more"}`;
    case EventType.UNCROSSED: {
      const both = `of ${f64[EventF64.bidUnits]} and ${f64[EventF64.askUnits]}`;
      const units = f64[EventF64.auctionUnits]!;
      return units === 0 ? "uncrossed nothing" : `uncrossed ${units} @ ${priceTicks} ${both}`;
    }
    case EventType.STATUS:
      return `status ${now}`;
    case EventType.MASS_CANCEL_ACCEPTED:
      return `covered ${quantity}${(flags & EventFlag.MORE_PENDING) === 0 ? "" : " more"}${
        (flags & EventFlag.AT_LEAST) === 0 ? "" : " at least"
      }`;
    case EventType.TIMER_SET:
      return `timer ${i32[EventI32.tag]} ${secondsOf(f64[EventF64.expiresAtUs]!) ?? "off"}`;
    case EventType.TIMER_FIRED:
      return `timer ${i32[EventI32.tag]} fired covering ${quantity}${
        (flags & EventFlag.AT_LEAST) === 0 ? "" : " at least"
      }`;
    case EventType.INSTRUMENT_LISTED:
      return `listed${isAgain ? " again" : ""}`;
    case EventType.INSTRUMENT_STATE_SET:
      return `state ${nameOf(InstrumentState, i32[EventI32.state]!)}`;
    case EventType.BAND_SET:
      return `band ${i32[EventI32.bandLowTicks]}..${i32[EventI32.bandHighTicks]}`;
    case EventType.ACCOUNT_SET:
      return i32[EventI32.allowed] === 1 ? "account allowed" : "account suspended";
    default:
      return nameOf(EventType, u8[EventU8.type]!).toLowerCase();
  }
}

export interface Day {
  readonly driver: Driver;
  /** Runs lines; each must come out as it says. */
  check(lines: string): void;
}

export function makeDay(book: BookKind, options: DriverOptions = {}): Day {
  const driver = makeDriver(book, options);
  driver.apply(CommandType.LIST_INSTRUMENT, LISTING);
  for (const account of [1, 2, 3, 4]) {
    driver.apply(CommandType.SET_ACCOUNT, { account, flags: CommandFlag.ALLOWED });
  }

  function heard(own: string): string {
    const { events } = driver;
    const said: string[] = [];
    for (let n = 0; n < events.count; n++) {
      const u8 = events.u8.subarray(n * EVENT_BYTES);
      const i32 = events.i32.subarray(n * EVENT_I32);
      const f64 = events.f64.subarray(n * EVENT_F64);
      said.push(say(u8, i32, f64, own));
    }
    return said.length === 0 ? "nothing" : said.join(", ");
  }

  function sideText(instrument: number, side: number): string {
    const levels = driver.shard.depth(instrument, side, 100);
    return levels.map((l) => `${l.quantity}/${l.orders}@${l.priceTicks}`).join(" ") || "-";
  }

  function run(text: string): string {
    const words = text.split(/\s+/);
    if (words[0] === "book") {
      const instrument = Number(words[1] ?? 1);
      return `${sideText(instrument, Side.BID)} | ${sideText(instrument, Side.ASK)}`;
    }
    if (words[0] === "due") {
      const dueUs = driver.shard.nextDueUs();
      return dueUs > DAY_START_US ? String((dueUs - DAY_START_US) / 1_000_000) : String(dueUs);
    }
    const [type, command] = parse(text);
    driver.apply(type, command);
    driver.auditor.compareBooks();
    return heard(command.clientOrderId ?? "");
  }

  function check(lines: string): void {
    for (const line of lines.replaceAll(/\n\s*then /g, " ").split("\n")) {
      const text = line.replace(/\/\/.*$/, "").trim();
      if (text === "") continue;
      const at = /^at (\S+)$/.exec(text);
      if (at !== null) {
        driver.setStampUs(atUs(at[1]!));
        continue;
      }
      const [asked, wanted] = text.split("->").map((part) => part.trim());
      if (asked === undefined || wanted === undefined) throw new Error(`no outcome: ${text}`);
      expect(`${asked} -> ${run(asked)}`).toBe(`${asked} -> ${wanted.replaceAll(/\s+/g, " ")}`);
    }
  }

  return { driver, check };
}
