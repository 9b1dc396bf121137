/**
 * The core as a library, for someone else's benchmark: `npx node bench/example.ts`. A whole shard first,
 * fed with commands and read by its events; then a bare book, which knows price and time and nothing else.
 */
import * as core from "../engine/core/index.ts";

const { CommandF64, CommandI32, CommandType, CommandU8, EventF64, EventI32, EventU8 } = core;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

// A shard: commands in, events out. Many commands may lie in one buffer, as they are journaled.
const shard = core.makeShard({ ordersMax: 1_000, idsMax: 2_000 });
const commands = core.makeCommands(1);
const events = core.makeEvents(core.EVENTS_PER_COMMAND_MAX);

function apply(type: number, fill: () => void): void {
  core.clearCommand(commands, 0);
  commands.u8[CommandU8.type] = type;
  commands.f64[CommandF64.sequence] = shard.sequence() + 1; // without a gap
  commands.f64[CommandF64.stampUs] = 1_800_000_000_000_000; // never going back
  fill();
  events.count = 0;
  shard.apply(commands, 0, events);
  for (let n = 0; n < events.count; n++) tell(n);
}

function tell(n: number): void {
  const code = events.u8[n * core.EVENT_BYTES + EventU8.type];
  const type = Object.keys(core.EventType).find(
    (name) => core.EventType[name as keyof typeof core.EventType] === code,
  );
  const quantity = events.i32[n * core.EVENT_I32 + EventI32.quantity];
  const priceTicks = events.i32[n * core.EVENT_I32 + EventI32.priceTicks];
  const marketSeq = events.f64[n * core.EVENT_F64 + EventF64.marketSeq];
  say(`${type}: ${quantity} at ${priceTicks} ticks, public number ${marketSeq}`);
}

function place(account: number, id: string, side: number, quantity: number, ticks: number): void {
  apply(CommandType.PLACE, () => {
    commands.i32[CommandI32.account] = account;
    commands.i32[CommandI32.instrument] = 1;
    commands.u8[CommandU8.side] = side;
    commands.u8[CommandU8.orderType] = core.OrderType.LIMIT;
    commands.u8[CommandU8.tif] = core.TimeInForce.GTC;
    commands.i32[CommandI32.priceTicks] = ticks;
    commands.i32[CommandI32.quantity] = quantity;
    core.encodeClientOrderId(id, commands.i32, CommandI32.clientOrderId);
  });
}

apply(CommandType.LIST_INSTRUMENT, () => {
  commands.i32[CommandI32.instrument] = 1;
  commands.i32[CommandI32.tickMinor] = 100;
  commands.i32[CommandI32.state] = core.InstrumentState.CONTINUOUS;
});
for (const account of [1, 2]) {
  apply(CommandType.SET_ACCOUNT, () => {
    commands.i32[CommandI32.account] = account;
    commands.u8[CommandU8.flags] = core.CommandFlag.ALLOWED;
  });
}
place(1, "ask-1", core.Side.ASK, 2, 241);
place(2, "bid-1", core.Side.BID, 1, 245);
say(`left in the book: ${JSON.stringify(shard.depth(1, core.Side.ASK, 1))}`);
say(`state hash ${shard.hash().text}`);

// A bare book: rows in, outcomes in typed arrays. Its caller keeps ids, and never lets it cross.
const orders = core.makeOrders(1_000);
const book = core.makeBook({ instrumentsMax: 2, orders });
const { instrument: INSTRUMENT, priceTicks: PRICE, open: OPEN, bits: BITS } = core.OrderI32;

/** Matches an order, and rests what is left of it; answers its row. */
function take(side: number, quantity: number, ticks: number): number {
  book.match(1, side, ticks, quantity, 0, core.SelfTradePrevention.NONE);
  for (let n = 0; n < book.matches.result[core.MatchResult.count]!; n++) {
    const at = n * core.MATCH_WORDS;
    const maker = book.matches.i32[at + core.MatchI32.slot]!;
    const makerTicks = orders.i32[maker * core.ORDER_WORDS + PRICE];
    say(`bare book: ${book.matches.i32[at + core.MatchI32.quantity]} at ${makerTicks} ticks`);
    if (orders.i32[maker * core.ORDER_WORDS + OPEN] === 0) orders.free(maker);
  }
  const left = book.matches.result[core.MatchResult.remaining]!;
  if (left === 0) return 0;
  const slot = orders.take();
  const row = slot * core.ORDER_WORDS;
  orders.i32[row + INSTRUMENT] = 1;
  orders.i32[row + BITS] = core.packBits(side, core.TimeInForce.GTC, 0, false);
  orders.i32[row + PRICE] = ticks;
  orders.i32[row + OPEN] = left;
  book.rest(slot);
  return slot;
}

const ask = take(core.Side.ASK, 2, 241);
take(core.Side.BID, 1, 245);
book.remove(ask); // a cancel
say(`bare book: ${book.depth(1, core.Side.ASK, 9).length} levels of asks are left`);
