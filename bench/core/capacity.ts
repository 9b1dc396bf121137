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
  /** As `maxMs`, but of this process's own time: what others did to the machine is not in it. */
  readonly ownMaxMs: number;
  /** Commands above a millisecond of it: the compiler's and collector's work counts, too. */
  readonly ownLong: number;
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
  const times = new Float64Array(Math.max(orders, 4 * slice, 2e5) + books + ACCOUNTS);
  times.fill(1); // its pages are not the shard's
  const phases: Phase[] = [];
  let stampUs = DAY_US;
  let placed = 0;
  let count = 0;
  let told = 0;
  let toldMax = 0;
  let ownUs = 0;
  let ownMaxUs = 0;
  let ownLong = 0;
  let isOwn = false; // asking the system twice for each of millions of commands would be most of it

  const spentUs = (): number => {
    if (!isOwn) return 0;
    const { user, system } = process.cpuUsage();
    return user + system;
  };

  function apply(type: number): void {
    u8[B.type] = type;
    f64[D.sequence] = shard.sequence() + 1;
    f64[D.stampUs] = ++stampUs;
    events.count = 0;
    ownUs = spentUs();
    const before = performance.now();
    shard.apply(commands, 0, events);
    times[count++] = performance.now() - before;
    ownUs = spentUs() - ownUs;
    ownMaxUs = Math.max(ownMaxUs, ownUs);
    if (ownUs > 1_000) ownLong++;
    told += events.count;
    if (events.count > toldMax) toldMax = events.count;
    core.clearCommand(commands, 0);
  }

  function phase(name: string, run: () => void, isSliced = false): void {
    count = 0;
    told = 0;
    toldMax = 0;
    ownMaxUs = 0;
    ownLong = 0;
    isOwn = isSliced;
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
      ownMaxMs: ownMaxUs / 1e3,
      ownLong,
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

  phase("set up", setUp);
  phase("warm up", () => {
    for (let n = 1; n <= WARM_UPS; n++) {
      const dueUs = stampUs + HOUR_US;
      comeToBeCancelled(WARM_UP_ORDERS);
      comeToExpire(WARM_UP_ORDERS, dueUs);
      massCancel();
      expire(dueUs);
      collect(WARM_UP_ORDERS, books + 1 + n);
      uncross(books + 1 + n);
    }
  });
  const dueUs = stampUs + HOUR_US;
  const openBefore = shard.ordersOpen();
  const before = process.memoryUsage.rss();
  phase("orders come", () => {
    for (let n = 0; n < orders - 2 * slice; n++) {
      const isAsk = (n & 1) === 1;
      const ticks = isAsk ? 1_010 + ((n >> 1) % 24) : 990 - ((n >> 1) % 24);
      place(2 + (n % 9_000), 1 + (n % books), isAsk ? 2 : 1, ticks);
    }
  });
  phase("orders of one account come", () => comeToBeCancelled(slice));
  phase("orders with one expiry come", () => comeToExpire(slice, dueUs));
  const grown = process.memoryUsage.rss() - before;
  const bytesPerOrder = Math.round(grown / (shard.ordersOpen() - openBefore));
  phase("a mass cancel", massCancel, true);
  phase("an expiry", () => expire(dueUs), true);
  phase("an auction collects", () => collect(slice, books + 1));
  phase("an auction ends", () => uncross(books + 1), true);
  return { phases, open: shard.ordersOpen(), bytesPerOrder };
}

function tellPhase(one: Phase): string {
  const own = `, of its own time ${one.ownMaxMs} ms (${one.ownLong} above 1 ms)`;
  return (
    `${one.phase.padEnd(28)} ${String(one.commands).padStart(9)} commands, most events ` +
    `${String(one.eventsMax).padStart(3)}, p50 ${one.p50Us} us, p99.9 ${one.p999Us} us, ` +
    `worst ${one.maxMs} ms${one.ownMaxMs === 0 ? "" : own}`
  );
}

export function tellCapacity({ phases, open, bytesPerOrder }: Capacity): string {
  const lines = phases.map(tellPhase).join("\n");
  return `${lines}\n${open} orders open at the end, ${bytesPerOrder} bytes for each when all had come\n`;
}
