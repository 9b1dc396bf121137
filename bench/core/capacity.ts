/**
 * What a full shard does to everybody else: millions of orders over very many books, then a mass cancel,
 * an expiry and an auction of a great number of them, each carried on in slices by other people's
 * commands. What is told of every phase is the work of its heaviest command, in events and in time.
 */
import * as core from "../../engine/core/index.ts";

export interface CapacitySizes {
  /** Orders that rest when all have come. */
  readonly orders: number;
  readonly books: number;
  /** Orders of the mass cancel, of the expiry and of the auction, each. */
  readonly slice: number;
}

export interface Phase {
  readonly phase: string;
  readonly commands: number;
  readonly events: number;
  /** Of one command. */
  readonly eventsMax: number;
  readonly p50Us: number;
  readonly p999Us: number;
  readonly maxMs: number;
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

export function runCapacity({ orders, books, slice }: CapacitySizes): Capacity {
  const options = { ordersMax: orders + slice + 1, idsMax: orders + slice + 65_536 };
  const events = core.makeEvents(core.EVENTS_PER_COMMAND_MAX);
  const shard = core.makeShard({ ...options, instrumentsMax: books + 2, events });
  const commands = core.makeCommands(1);
  const { u8, i32, f64 } = commands;
  const times = new Float64Array(Math.max(orders, 4 * slice) + books + ACCOUNTS + 10);
  const phases: Phase[] = [];
  let stampUs = DAY_US;
  let placed = 0;
  let count = 0;
  let told = 0;
  let toldMax = 0;

  function apply(type: number): void {
    u8[B.type] = type;
    f64[D.sequence] = shard.sequence() + 1;
    f64[D.stampUs] = ++stampUs;
    events.count = 0;
    const before = performance.now();
    shard.apply(commands, 0, events);
    times[count++] = performance.now() - before;
    told += events.count;
    if (events.count > toldMax) toldMax = events.count;
    core.clearCommand(commands, 0);
  }

  function phase(name: string, run: () => void): void {
    count = 0;
    told = 0;
    toldMax = 0;
    run();
    const sorted = times.subarray(0, count).toSorted();
    const at = (share: number): number => sorted[Math.floor((count - 1) * share)]!;
    phases.push({
      phase: name,
      commands: count,
      events: told,
      eventsMax: toldMax,
      p50Us: Math.round(at(0.5) * 1e4) / 10,
      p999Us: Math.round(at(0.999) * 1e4) / 10,
      maxMs: Math.round(at(1) * 1e3) / 1e3,
    });
  }

  function place(account: number, instrument: number, side: number, priceTicks: number): void {
    placed++;
    u8[B.side] = side;
    u8[B.orderType] = core.OrderType.LIMIT;
    u8[B.tif] = core.TimeInForce.GTC;
    i32[C.account] = account;
    i32[C.instrument] = instrument;
    i32[C.priceTicks] = priceTicks;
    i32[C.quantity] = 1;
    i32[C.clientOrderId] = placed;
    f64[D.deadlineUs] = stampUs + 1_000;
    apply(TYPE.PLACE);
  }

  function placeGtd(account: number, instrument: number, priceTicks: number, us: number): void {
    u8[B.tif] = core.TimeInForce.GTD;
    f64[D.expiresAtUs] = us;
    placed++;
    u8[B.side] = core.Side.ASK;
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
    for (let n = 1; n <= books + 1; n++) {
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

  const dueUs = DAY_US + HOUR_US;
  const resting = orders - 2 * slice;
  phase("set up", setUp);
  const before = process.memoryUsage.rss();
  phase("orders come", () => {
    for (let n = 0; n < resting; n++) {
      const isAsk = (n & 1) === 1;
      const ticks = isAsk ? 1_010 + ((n >> 1) % 24) : 990 - ((n >> 1) % 24);
      place(2 + (n % 9_000), 1 + (n % books), isAsk ? 2 : 1, ticks);
    }
  });
  phase("orders of one account come", () => {
    for (let n = 0; n < slice; n++) place(SELLER, 1 + (n % books), 2, 1_040 + (n % 24));
  });
  phase("orders with one expiry come", () => {
    for (let n = 0; n < slice; n++) placeGtd(9_500, 1 + (n % books), 1_070 + (n % 24), dueUs);
  });
  const bytesPerOrder = Math.round((process.memoryUsage.rss() - before) / shard.ordersOpen());
  phase("a mass cancel", () => {
    i32[C.account] = SELLER;
    apply(TYPE.CANCEL_ALL);
    meanwhile();
  });
  phase("an expiry", () => {
    stampUs = dueUs;
    apply(TYPE.CLOCK);
    meanwhile();
  });
  phase("an auction collects", () => {
    for (let n = 0; n < slice; n++) {
      const isAsk = (n & 1) === 1;
      place(2 + (n % 9_000), books + 1, isAsk ? 2 : 1, isAsk ? 995 + (n % 40) : 1_005 - (n % 40));
    }
  });
  phase("an auction ends", () => {
    i32[C.instrument] = books + 1;
    apply(TYPE.UNCROSS);
    meanwhile();
  });
  return { phases, open: shard.ordersOpen(), bytesPerOrder };
}

export function tellCapacity({ phases, open, bytesPerOrder }: Capacity): string {
  const lines = phases.map(
    (one) =>
      `${one.phase.padEnd(28)} ${String(one.commands).padStart(9)} commands, most events ` +
      `${String(one.eventsMax).padStart(3)}, p50 ${one.p50Us} us, p99.9 ${one.p999Us} us, worst ${one.maxMs} ms`,
  );
  return `${lines.join("\n")}\n${open} orders open at the end, ${bytesPerOrder} bytes for each at most\n`;
}
