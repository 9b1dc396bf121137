/**
 * What a full shard does to everybody else: millions of orders over very many books, then a mass cancel,
 * an expiry and an auction of a great number of them, each carried on in slices by other people's
 * commands. What is told of every phase is the work of its heaviest command, in events and in time.
 */
import * as core from "../../engine/core/index.ts";
import { makeWatch, type Phase, tellPhase } from "./watch.ts";

export interface CapacitySizes {
  /** Orders that rest when all have come. */
  readonly orders: number;
  readonly books: number;
  /** Orders of the mass cancel, of the expiry and of the auction, each. */
  readonly slice: number;
}

export interface Capacity {
  readonly phases: readonly Phase[];
  readonly open: number;
  readonly bytesPerOrder: number;
}

const DAY_US = 1_790_000_000_000_000;
const HOUR_US = 3_600_000_000;
const { CommandF64: D, CommandI32: C, CommandU8: B } = core;
const TYPE = core.CommandType;
const SELLER = 1; // whose orders are cancelled at once
const ACCOUNTS = 10_000;
const WARM_UPS = 20; // rounds of all that is measured, so that what is measured is not the compiler
const WARM_UP_ORDERS = 2_000;

export function runCapacity({ orders, books, slice }: CapacitySizes): Capacity {
  const ordersMax = orders + slice + WARM_UPS * WARM_UP_ORDERS;
  const options = { ordersMax, idsMax: ordersMax + 65_536, instrumentsMax: books + WARM_UPS + 2 };
  const events = core.makeEvents(core.EVENTS_PER_COMMAND_MAX);
  const shard = core.makeShard({ ...options, events });
  const commands = core.makeCommands(1);
  const { u8, i32, f64 } = commands;
  const watch = makeWatch(Math.max(orders, 4 * slice, 2e5) + books + ACCOUNTS);
  const { phase } = watch;
  let stampUs = DAY_US;
  let placed = 0;

  function apply(type: number): void {
    u8[B.type] = type;
    f64[D.sequence] = shard.sequence() + 1;
    f64[D.stampUs] = ++stampUs;
    events.count = 0;
    watch.begin();
    shard.apply(commands, 0, events);
    watch.end(events.count);
    core.clearCommand(commands, 0);
  }

  function place(account: number, instrument: number, side: number, priceTicks: number): void {
    u8[B.tif] = core.TimeInForce.GTC;
    send(account, instrument, side, priceTicks);
  }

  function placeGtd(account: number, instrument: number, priceTicks: number, us: number): void {
    u8[B.tif] = core.TimeInForce.GTD;
    f64[D.expiresAtUs] = us;
    send(account, instrument, core.Side.ASK, priceTicks);
  }

  function send(account: number, instrument: number, side: number, priceTicks: number): void {
    placed++;
    u8[B.side] = side;
    u8[B.orderType] = core.OrderType.LIMIT;
    i32[C.account] = account;
    i32[C.instrument] = instrument;
    i32[C.priceTicks] = priceTicks;
    i32[C.quantity] = 1;
    i32[C.clientOrderId] = placed;
    f64[D.deadlineUs] = stampUs + 1_000;
    apply(TYPE.PLACE);
  }

  /** A stranger's order, again and again, until nothing is pending. */
  function meanwhile(): void {
    while (shard.nextDueUs() === 0) place(2 + (placed % 9_000), 1 + (placed % books), 1, 100);
  }

  function setUp(): void {
    f64[D.expiresAtUs] = 0;
    i32[C.behaviour] = 2;
    apply(TYPE.SET_BEHAVIOUR);
    for (let n = 1; n <= books + 1 + WARM_UPS; n++) {
      i32[C.instrument] = n;
      i32[C.tickMinor] = 1;
      i32[C.state] = n > books ? core.InstrumentState.PRE_OPEN : core.InstrumentState.CONTINUOUS;
      apply(TYPE.LIST_INSTRUMENT);
    }
    for (let n = 1; n <= ACCOUNTS; n++) {
      i32[C.account] = n;
      u8[B.flags] = core.CommandFlag.ALLOWED;
      apply(TYPE.SET_ACCOUNT);
    }
  }

  function come(size: number): void {
    for (let n = 0; n < size; n++) {
      const isAsk = (n & 1) === 1;
      const ticks = isAsk ? 1_010 + ((n >> 1) % 24) : 990 - ((n >> 1) % 24);
      place(2 + (n % 9_000), 1 + (n % books), isAsk ? 2 : 1, ticks);
    }
  }

  function comeToBeCancelled(size: number): void {
    for (let n = 0; n < size; n++) place(SELLER, 1 + (n % books), 2, 1_040 + (n % 24));
  }

  function massCancel(): void {
    i32[C.account] = SELLER;
    apply(TYPE.CANCEL_ALL);
    meanwhile();
  }

  function comeToExpire(size: number, dueUs: number): void {
    for (let n = 0; n < size; n++) placeGtd(9_500, 1 + (n % books), 1_070 + (n % 24), dueUs);
  }

  function expire(dueUs: number): void {
    stampUs = dueUs;
    apply(TYPE.CLOCK);
    meanwhile();
  }

  function collect(size: number, instrument: number): void {
    for (let n = 0; n < size; n++) {
      const isAsk = (n & 1) === 1;
      place(2 + (n % 9_000), instrument, isAsk ? 2 : 1, isAsk ? 995 + (n % 40) : 1_005 - (n % 40));
    }
  }

  function uncross(instrument: number): void {
    i32[C.instrument] = instrument;
    apply(TYPE.UNCROSS);
    meanwhile();
  }

  function warmUp(): void {
    for (let n = 1; n <= WARM_UPS; n++) {
      const dueUs = stampUs + HOUR_US;
      comeToBeCancelled(WARM_UP_ORDERS);
      comeToExpire(WARM_UP_ORDERS, dueUs);
      massCancel();
      expire(dueUs);
      collect(WARM_UP_ORDERS, books + 1 + n);
      uncross(books + 1 + n);
    }
  }

  phase("set up", setUp);
  phase("warm up", warmUp);
  const dueUs = stampUs + HOUR_US;
  const openBefore = shard.ordersOpen();
  const before = process.memoryUsage.rss();
  phase("orders come", () => come(orders - 2 * slice));
  phase("orders of one account come", () => comeToBeCancelled(slice));
  phase("orders with one expiry come", () => comeToExpire(slice, dueUs));
  const grown = process.memoryUsage.rss() - before;
  const bytesPerOrder = Math.round(grown / (shard.ordersOpen() - openBefore));
  phase("a mass cancel", massCancel, true);
  phase("an expiry", () => expire(dueUs), true);
  phase("an auction collects", () => collect(slice, books + 1));
  phase("an auction ends", () => uncross(books + 1), true);
  return { phases: watch.phases, open: shard.ordersOpen(), bytesPerOrder };
}

export function tellCapacity({ phases, open, bytesPerOrder }: Capacity): string {
  const lines = phases.map(tellPhase).join("\n");
  return `${lines}\n${open} orders open at the end, ${bytesPerOrder} bytes for each when all had come\n`;
}
