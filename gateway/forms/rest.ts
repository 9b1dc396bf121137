/** What REST is asked and answers: queries and bodies, which are read by these schemas, and answers. */
import { type TObject, Type } from "@sinclair/typebox";
import { QUOTE_PRICE_MINOR_MAX, QUOTE_QUANTITY_MAX } from "../fees/schedule.ts";
import { RESOLUTIONS } from "../market-data/history.ts";
import { QUERY_CHARS_MAX } from "../market-data/search.ts";
import { writeMinor } from "../written-forms.ts";
import { Band, barFields, instrumentFields, StatusData } from "./pushes.ts";
import { SAYS } from "./read.ts";
import { Ignored } from "./trouble.ts";
import {
  AddOrderResult,
  CancelOrderResult,
  GroupResult,
  OrderStatusResult,
  scopes,
  ValidatedGroupResult,
  ValidatedResult,
} from "./results.ts";
import {
  flag,
  listOf,
  oneOf,
  orNull,
  price,
  quantity,
  side,
  signedPrice,
  symbol,
  text,
  time,
  units,
  upTo,
} from "./words.ts";

const optional = Type.Optional;

export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1_000;
const page = {
  limit: optional(upTo(PAGE_MAX, "Rows of one page.", { default: PAGE_DEFAULT })),
  cursor: optional(text("The `next_cursor` of the page before.")),
};
const nextCursor = orNull(Type.String(), { description: "Of the next page; null: there is none." });

export const InstrumentsQuery = Type.Object({
  product: optional(text("Only those of this style code.")),
  ...page,
});
const Listed = Type.Object({
  ...instrumentFields,
  stale: optional(flag("The shard stopped: this is the last that was known.")),
});
export { Listed as InstrumentAnswer };
export const InstrumentsAnswer = Type.Object({
  instruments: listOf(Listed, "By ascending id."),
  next_cursor: nextCursor,
});

export const ProductsQuery = Type.Object(page);
const colours = Type.Array(Type.String({ pattern: "^#[0-9a-f]{6}$" }), {
  minItems: 3,
  maxItems: 3,
  description: "Upper, accent, sole, each such as `#c8102e`.",
});
const productFields = {
  product_id: Type.Integer({ description: "Stable for ever." }),
  style: text("The style code."),
  brand: text("Who makes it."),
  model: text("The model's name."),
  colourway: text("The colourway's name."),
  retail_price: price("What it cost when it was released."),
  release_date: Type.String({ format: "date", description: "When it was, or will be, released." }),
  sizes: listOf(text("A size."), "Size systems and sizes."),
  tick: price("The smallest price step."),
  band: Band,
  currency: Type.Literal("USD"),
  colours: optional(colours),
  symbols: listOf(symbol(), "One instrument per size."),
};
export const ProductAnswer = Type.Object(productFields);
export const ProductsAnswer = Type.Object({
  products: listOf(ProductAnswer, "By ascending id."),
  next_cursor: nextCursor,
});

const tradeFields = {
  trade_id: units("The trade's number on its shard."),
  symbol: symbol(),
  size: text("The size."),
  price: price("The maker's."),
  qty: quantity("Pairs."),
  taker_side: side("Of the order that arrived."),
  ts: time("When."),
};
const best = orNull(Type.Object({ price: price("The best."), symbol: symbol() }));
const marketFields = {
  market: orNull(
    Type.Object({
      ask: best,
      bid: best,
      last: orNull(Type.Object(tradeFields)),
      bids: units("Resting bids."),
      asks: units("Resting asks."),
      volume_24h: units("Pairs."),
      trades_24h: units("Trades."),
      volume: units("Pairs, ever."),
      trades: units("Trades, ever."),
      stale: optional(flag("The last that was known.")),
    }),
    { description: "Over all sizes; null: not listed yet." },
  ),
};
const Card = Type.Object({ ...productFields, ...marketFields });

export const SEARCH_DEFAULT = 20;
export const SEARCH_MAX = 100;
export const SearchQuery = Type.Object({
  q: optional(
    text("Words: each is in brand, model, colourway or style.", {
      maxLength: QUERY_CHARS_MAX,
      default: "",
      [SAYS]: `{} has at most ${QUERY_CHARS_MAX} characters.`,
    }),
  ),
  limit: optional(upTo(SEARCH_MAX, "Rows at most.", { default: SEARCH_DEFAULT })),
});
export const SearchAnswer = Type.Object({
  products: listOf(Card, "The most traded first."),
  found: units("How many fit."),
});

const Move = Type.Object({
  symbol: symbol(),
  from: price("An hour ago."),
  to: price("Now."),
  change: signedPrice("The difference."),
  change_bp: Type.Integer({ description: "In hundredths of a percent." }),
  trades: units("Trades of that hour."),
  window: Type.Literal("1h"),
});
export const OverviewAnswer = Type.Object({
  ts: time("When it was made: once a second at most."),
  moving: listOf(Type.Object({ ...productFields, ...marketFields, move: Move }), "Most first."),
  most_traded: listOf(Card, "Most first."),
  releases: listOf(Card, "The next first."),
  last_trades: listOf(
    Type.Object({
      ...tradeFields,
      product: text("The style code."),
      brand: text("Who makes it."),
      model: text("The model's name."),
      colourway: text("The colourway's name."),
    }),
    "Newest first.",
  ),
});

export const RANGE_NAMES = ["1d", "1w", "1m", "1y", "all"] as const;
const range = oneOf([...RANGE_NAMES], "How far back.", { default: "1d" });
export const HistoryQuery = Type.Object({ range: optional(range) });
const historyFields = {
  range: optional(range),
  interval: optional(
    oneOf(
      RESOLUTIONS.map(({ name }) => name),
      "The length of a bar.",
    ),
  ),
  bars: listOf(Type.Object(barFields), "Oldest first."),
  points: listOf(
    Type.Object({
      ts: time("When."),
      price: price("At which."),
      qty: quantity("Pairs."),
      symbol: symbol(),
    }),
    "The newest single trades, oldest first.",
  ),
  trades: optional(units("Trades, ever.")),
  volume: optional(units("Pairs, ever.")),
};
export const InstrumentHistoryAnswer = Type.Object({ symbol: symbol(), ...historyFields });
export const ProductHistoryAnswer = Type.Object({ style: text("The style."), ...historyFields });

export const FeesQuery = Type.Object({
  side: side("Whether you buy or sell."),
  price: price("Of one pair.", {
    [SAYS]: `{} is a decimal text, at most "${writeMinor(QUOTE_PRICE_MINOR_MAX)}".`,
  }),
  qty: optional(upTo(QUOTE_QUANTITY_MAX, "How many pairs.", { default: 1 })),
  level: optional(upTo(5, "The seller's level.", { default: 1 })),
});
export const FeesAnswer = Type.Object({
  schedule: units("Which schedule."),
  from: Type.String({ format: "date", description: "In force from this day on." }),
  region: text("Where."),
  rounding: text("How amounts are rounded."),
  currency: Type.Literal("USD"),
  side: side("As asked."),
  price: price("As asked."),
  qty: quantity("As asked."),
  level: optional(units("Of a seller: as asked.")),
  lines: listOf(
    Type.Object({
      code: oneOf(["price", "processing", "shipping", "tax", "transaction"], "What for."),
      rate_bp: orNull(Type.Integer(), { description: "Hundredths of a percent; null: no rate." }),
      applied: optional(oneOf(["minimum", "cap"], "What decided, where the rate did not.")),
      amount: signedPrice("What is added."),
    }),
    "Line by line.",
  ),
  total: optional(signedPrice("Of a buyer: the sum.")),
  net: optional(signedPrice("Of a seller: the sum.")),
});

export const StatsAnswer = Type.Object({
  trades_total: units("Trades over the journals' lives."),
  orders_total: units("Orders over the journals' lives."),
  orders_open: units("Orders resting now."),
  shards: listOf(
    Type.Object({
      shard: units("The shard."),
      trades_total: units("Its trades."),
      orders_total: units("Its orders."),
      orders_open: units("Its resting orders."),
      sequence: units("Its last sequence."),
    }),
    "Shard by shard.",
  ),
});

export { StatusData as StatusAnswer };
export const LiveAnswer = Type.Object({
  status: Type.Literal("live"),
  version: text("Of the code."),
});
export const ReadyAnswer = Type.Object({ status: Type.Literal("ready") });
export const NotReadyAnswer = Type.Object({
  status: Type.Literal("not_ready"),
  reason: text("The exchange's state, as in `/v1/status`."),
});

export const OrderQuery = Type.Object({
  symbol: optional(symbol("Its instrument; needed with several shards.")),
});

/** Beside a result that is asked for over a socket. */
const withTimes = (result: TObject): TObject =>
  Type.Object({
    ...result.properties,
    time_in: time("When the request came."),
    time_out: time("When it was answered."),
    ignored: optional(Ignored),
  });
export const PlaceAnswer = Type.Union(
  [AddOrderResult, GroupResult, ValidatedResult, ValidatedGroupResult].map(withTimes),
);
export const CancelAnswer = withTimes(CancelOrderResult);
export const OrderAnswer = withTimes(OrderStatusResult);

export const SessionAnswer = Type.Object({
  account: text("The account's name, `demo-<n>`."),
  scopes,
  demonstration: Type.Literal(true),
});
export const SessionEndAnswer = Type.Object({ account: Type.Null() });
