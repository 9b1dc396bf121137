/** What each channel pushes: the frame around it, and its data as a snapshot and as an update. */
import { Type, type TProperties, type TSchema } from "@sinclair/typebox";
import { RESOLUTIONS } from "../market-data/history.ts";
import { Channel } from "../market-data/topics.ts";
import {
  flag,
  listOf,
  oneOf,
  orderId,
  orNull,
  price,
  quantity,
  sequence,
  side,
  signedPrice,
  symbol,
  text,
  time,
  units,
} from "./words.ts";

const optional = Type.Optional;

export const states = ["unlisted", "continuous", "halted", "closed", "pre_open", "uncrossing"];

export const Band = orNull(
  Type.Object({ low: price("The lowest price taken."), high: price("The highest price taken.") }),
  { description: "Prices outside are refused; null: any price." },
);

export const instrumentFields = {
  instrument_id: Type.Integer({ description: "Stable for ever." }),
  symbol: symbol(),
  product: text("The style code."),
  brand: text("Who makes it."),
  model: text("The model's name."),
  colourway: text("The colourway's name."),
  size: text("Size system and size; a condition may follow."),
  currency: Type.Literal("USD"),
  tick: price("The smallest price step."),
  band: Band,
  qty_max: quantity("The most pairs of one order."),
  state: oneOf(states, "Whether and how it trades."),
  retail_price: price("What it cost when it was released."),
  release_date: Type.String({ format: "date", description: "When it was, or will be, released." }),
};
const Instrument = Type.Object(instrumentFields);

const maybePrice = (description: string) => orNull(price(description), { description });
const maybeUnits = (description: string) => orNull(units(description), { description });

const Ticker = Type.Object({
  bid: maybePrice("The best bid; null: there is none."),
  bid_qty: maybeUnits("Pairs there."),
  ask: maybePrice("The best ask; null: there is none."),
  ask_qty: maybeUnits("Pairs there."),
  last: maybePrice("The last trade's price; null: there was none."),
  last_qty: maybeUnits("Its pairs."),
  last_ts: orNull(time("When it was."), { description: "When it was." }),
  change: orNull(signedPrice("Against the trade before."), {
    description: "Against the trade before.",
  }),
  volume: units("Pairs traded, ever."),
  high_52w: maybePrice("The highest of 52 weeks."),
  low_52w: maybePrice("The lowest of 52 weeks."),
});

const level = Type.Tuple(
  [price("Price."), units("Pairs in all; 0: the level is gone."), units("Orders.")],
  { description: "`[price, qty, orders]`" },
);
const bids = listOf(level, "Best first.");
const asks = listOf(level, "Best first.");
const BookData = Type.Object({
  bids,
  asks,
  crc32: optional(units("Of the ten best levels of each side after this push, if asked for.")),
});
const BestData = Type.Object({ bids, asks });

const Resting = Type.Object({
  order_id: orderId(),
  price: price("Its limit."),
  qty: quantity("What is open."),
  priority: units("Lower goes first at one price."),
});
const Level3Snapshot = Type.Object({
  bids: listOf(Resting, "By priority."),
  asks: listOf(Resting, "By priority."),
});
const Level3Event = Type.Object({
  event: oneOf(["add", "modify", "delete", "fill"], "What happened to it."),
  order_id: orderId(),
  side: side(),
  price: price("Where it stands."),
  qty: units("What is left of it there."),
  priority: optional(units("Of `add`.")),
  fill_qty: optional(quantity("Of `fill`: pairs traded.")),
  trade_id: optional(units("Of `fill`.")),
  last: optional(Type.Literal(true, { description: "The atomic step ends with this one." })),
});

const Trade = Type.Object({
  trade_id: units("The trade's number on its shard."),
  price: price("The maker's."),
  qty: quantity("Pairs."),
  taker_side: side("Of the order that arrived."),
  ts: time("When."),
  engine_seq: sequence("Of the command that made it."),
});

export const barFields = {
  ts: time("When the bar begins."),
  open: price("First."),
  high: price("Highest."),
  low: price("Lowest."),
  close: price("Last."),
  volume: units("Pairs."),
  trades: units("Trades."),
};

const Auction = Type.Object({
  state: oneOf(states, "`pre_open` while it collects."),
  bid_orders: units("Orders."),
  ask_orders: units("Orders."),
  bid_qty: units("Pairs."),
  ask_qty: units("Pairs."),
  indicative_price: maybePrice("What it would come to; null unless the instrument tells."),
  indicative_qty: maybeUnits("What would trade then."),
  uncross: orNull(
    Type.Object({
      price: maybePrice("The one price; null: nothing traded."),
      qty: units("Pairs traded."),
      bid_qty: units("Pairs left."),
      ask_qty: units("Pairs left."),
    }),
    { description: "What the auction came to; null before." },
  ),
});

const GridRow = Type.Object({
  symbol: symbol(),
  size: text("The size."),
  ask: maybePrice("The lowest ask."),
  ask_qty: maybeUnits("Pairs there."),
  bid: maybePrice("The highest bid."),
  bid_qty: maybeUnits("Pairs there."),
  last: maybePrice("The last trade."),
  bids: units("Resting bids."),
  asks: units("Resting asks."),
});

const orderFields = {
  order_id: orNull(orderId(), { description: "Null: it was rejected before it had one." }),
  client_order_id: Type.String({ description: "As it was placed." }),
  symbol: orNull(symbol(), { description: "The instrument." }),
  side: side(),
  type: oneOf(["limit", "market"], "As placed."),
  tif: oneOf(["gtc", "gtd", "ioc", "fok"], "As placed."),
  price: maybePrice("Its limit; null: a market order."),
  qty: units("All that was asked for."),
  expire_time: optional(time("Of `gtd`.")),
  status: oneOf(
    ["open", "filled", "cancelled", "expired", "rejected", "unknown"],
    "How it stands after this.",
  ),
  filled_qty: units("Of that, traded."),
  open_qty: units("Of that, resting."),
};
const Order = Type.Object(orderFields);

const execTypes =
  "new amended trade canceled expired rejected prevented group_reduced restated".split(" ");
const account = {
  engine_seq: sequence("The command's sequence in its shard's journal."),
  account_seq: sequence("The account's own, without a gap, per shard."),
};
const Execution = Type.Union([
  Type.Object({
    exec_type: oneOf(execTypes, "What happened to the order."),
    ...orderFields,
    last_price: optional(price("Of a trade.")),
    last_qty: optional(quantity("Of a trade.")),
    liquidity: optional(oneOf(["maker", "taker"], "Of a trade: whether yours was resting.")),
    trade_id: optional(units("Of a trade.")),
    cancelled_qty: optional(units("What ends.")),
    prevented_qty: optional(units("What did not trade with an order of your own.")),
    taken_qty: optional(units("What another leg of its group traded.")),
    reason: optional(text("Why.")),
    ...account,
  }),
  Type.Object({
    exec_type: Type.Literal("timer_fired", { description: "Not of an order: your timer fired." }),
    order_id: Type.Null(),
    count: units("How many orders end; each has a report of its own."),
    ...account,
  }),
]);

export const StatusData = Type.Object({
  state: oneOf(
    ["starting", "online", "engine_away", "disk_full", "engine_stopped", "shutting_down"],
    "How the exchange is.",
  ),
  since: time("Since when."),
  shards: listOf(
    Type.Object({
      shard: units("The shard."),
      state: oneOf(
        ["recovering", "online", "engine_away", "disk_full", "engine_stopped"],
        "How it is.",
      ),
      reason: optional(text("Why it is not online.")),
    }),
    "Shard by shard.",
  ),
  limits: optional(
    oneOf(
      ["shared", "local"],
      "Of several gateways: whether limits and used signatures are everyone's, or this one's own while Redis is away.",
    ),
  ),
});

const seqs = (description: string) =>
  Type.Record(Type.String(), sequence("Its newest `seq`."), { description });

const Heartbeat = Type.Object({
  symbols: seqs("Of every symbol you listen to: its own, which is that of `book` and `level3`."),
  trades: optional(seqs("Of that channel, by symbol, if you listen to it.")),
  instrument: optional(seqs("The same of this one.")),
  auction: optional(seqs("The same of this one.")),
  ticker: optional(seqs("The same of this one.")),
  size_grid: optional(seqs("The same of this one, by style code.")),
  shards: optional(
    seqs("Your account's own, by shard, if you listen to `orders` or `executions`."),
  ),
});

export interface ChannelForm {
  readonly says: string;
  readonly snapshot?: TSchema;
  readonly update: TSchema;
  /** Members of the push besides those that all have. */
  readonly more?: TProperties;
}

const ofSymbol = { symbol: text("The symbol, or the style code of `size_grid`.") };
const ofShard = { shard: units("The shard: its `seq` is the account's there.") };
const interval = oneOf(
  RESOLUTIONS.map(({ name }) => name),
  "The length of a bar.",
);

const same = (says: string, data: TSchema, more: TProperties = ofSymbol): ChannelForm => ({
  says,
  snapshot: data,
  update: data,
  more,
});

export const CHANNELS: Readonly<Record<Channel, ChannelForm>> = {
  instrument: same("Reference data, band and trading state.", Instrument),
  ticker: same("Best bid and ask, the last trade, the year's range. Conflated.", Ticker),
  book: same("The whole book, then each change, never conflated: resumable.", BookData),
  "book@100ms": same("The best levels, ten times a second at most. Conflated.", BestData),
  level3: {
    says: "Every resting order, then what happens to them, step by step: resumable.",
    snapshot: Level3Snapshot,
    update: listOf(Level3Event, "The events of one atomic step."),
    more: ofSymbol,
  },
  trades: same("Trades, oldest first: resumable.", listOf(Trade, "Oldest first.")),
  candles: same(
    "Bars, then those that began or grew, ten times a second at most. Conflated.",
    listOf(Type.Object(barFields), "Oldest first."),
    { ...ofSymbol, interval },
  ),
  size_grid: same(
    "One row per size of a product, then those that changed. Conflated.",
    listOf(GridRow, "Size by size."),
  ),
  auction: same("What a release auction has collected, then what it came to.", Auction),
  orders: same(
    "Your open orders, then each after it changed: resumable.",
    listOf(Order, "One order, or none."),
    ofShard,
  ),
  executions: {
    says:
      "Your open orders, then what happens to them, in a sequence of your own: resumable. A trade has no " +
      "fees here: they are decided when it is settled, by the seller's level then; `/v1/fees` foretells them.",
    snapshot: listOf(Order, "Open ones."),
    update: Execution,
    more: ofShard,
  },
  heartbeat: {
    says: "Each second, the newest sequence of all you listen to; a greater one: you missed something.",
    update: Heartbeat,
  },
  status: same("How the exchange is, and a planned stop.", StatusData, {}),
};

/** A push of `channel`, whole. */
export function pushForm(channel: Channel, type: "snapshot" | "update"): TSchema | undefined {
  const { [type]: data, more = {} } = CHANNELS[channel];
  if (data === undefined) return undefined;
  const tooOld = Type.Literal("RESUME_TOO_OLD", { description: "Instead of what was missed." });
  return Type.Object({
    channel: Type.Literal(channel),
    type: Type.Literal(type),
    ...(type === "snapshot" ? { resume: optional(tooOld) } : {}),
    ...more,
    seq: sequence("Where this push brings you."),
    prev_seq: sequence("The `seq` before it here; another one: you missed something."),
    ts: time("The engine's stamp."),
    stale: optional(flag("The shard stopped: this is the last that was known.")),
    data,
  });
}
