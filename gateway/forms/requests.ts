/**
 * What a request over the socket may carry, method by method. Those of the sessions and of market data
 * are read by these very schemas; orders by the reader of `orders/decode.ts`, which a test holds to them.
 * Rules between parameters (a market order has no price) stand in their descriptions.
 */
import { Type, type TSchema } from "@sinclair/typebox";
import { COMPOUND_RECORDS_MAX, TIMER_AHEAD_MAX_US } from "../../engine/client/layouts.ts";
import { RESOLUTIONS } from "../market-data/history.ts";
import { Channel } from "../market-data/topics.ts";
import { BATCH_OPS_MAX, TAG_MAX } from "../orders/decode.ts";
import { FILLS_DEFAULT, FILLS_MAX } from "../orders/fills.ts";
import { CODE, SAYS } from "./read.ts";
import {
  clientOrderId,
  flag,
  listOf,
  oneOf,
  orderId,
  price,
  quantity,
  sequence,
  side,
  symbol,
  tag,
  text,
  time,
  upTo,
} from "./words.ts";

const optional = Type.Optional;

export const Nothing = Type.Object({});

export const LogonParams = Type.Object({
  key: text("The key's id."),
  timestamp: text("The present time, RFC 3339, as it stands in the signed text; 5 s either way."),
  signature: text(
    "base64url of the key's signature, by Ed25519 or HMAC-SHA256, over `${timestamp}\\nLOGON\\n/v1/ws\\n`; " +
      "counts once.",
  ),
});

// Market data

const channel = oneOf(Object.values(Channel), "What to listen to.", {
  [CODE]: "UNKNOWN_CHANNEL",
  [SAYS]: `There is no such channel; there are ${Object.values(Channel).join(", ")}.`,
});
const symbols = listOf(
  symbol("A symbol.", { [SAYS]: "symbols is a list of texts." }),
  "Symbols, at most 1,000; style codes for `size_grid`. `orders`, `executions`, `heartbeat` and " +
    "`status` need none.",
  { [SAYS]: "symbols is a list of at least one symbol." },
);

/** Of `book@100ms`. */
export const DEPTHS = [10, 25, 100] as const;
export const DEPTH_DEFAULT = 10;
export const INTERVAL_DEFAULT = "1h";
const INTERVALS = RESOLUTIONS.map(({ name }) => name);

/** What tells apart the topics of one channel and symbol. */
const variants = {
  depth: optional(
    Type.Union(
      DEPTHS.map((each) => Type.Literal(each)),
      {
        description: "Of `book@100ms`: how many levels of each side. `book` is always whole.",
        default: DEPTH_DEFAULT,
        [SAYS]: "depth is 10, 25 or 100.",
      },
    ),
  ),
  interval: optional(
    oneOf(INTERVALS, "Of `candles`: the length of a bar.", { default: INTERVAL_DEFAULT }),
  ),
  crc32: optional(flag("Of `book`: each push carries a checksum of the book after it.")),
};

const seqOf = sequence("The last `seq` that you have seen.");

export const SubscribeParams = Type.Object({
  channel,
  symbols: optional(symbols),
  snapshot: optional(flag("Whether it begins with a snapshot.", { default: true })),
  resume_from_seq: optional(
    Type.Union([seqOf, Type.Record(Type.String(), seqOf)], {
      description:
        "Tell what came after this sequence: one for all symbols, or by symbol (by shard for " +
        "`orders` and `executions`).",
      [SAYS]: "resume_from_seq is a whole number, or an object of them by symbol.",
    }),
  ),
  ...variants,
});

export const UnsubscribeParams = Type.Object({ channel, symbols: optional(symbols), ...variants });

// Orders

const tags = optional(
  Type.Array(Type.Integer({ minimum: 1, maximum: TAG_MAX }), {
    maxItems: 1,
    description: "One whole number, by which orders are cancelled together.",
    [SAYS]: `tags is a list of one whole number from 1 to ${TAG_MAX}.`,
  }),
);
const expireTime = (description: string): TSchema => time(description);

/** What an order says besides its name, its instrument and its price. */
const terms = {
  side: side(),
  type: oneOf(["limit", "market"], "`limit` has a price; `market` has none and is `ioc`."),
  qty: quantity("How many pairs."),
};
const moreTerms = {
  tif: optional(
    oneOf(
      ["gtc", "gtd", "ioc", "fok"],
      "Until cancelled, until `expire_time`, now and drop the rest, or all now or none. Left out: " +
        "`gtc`, of a market order `ioc`.",
    ),
  ),
  expire_time: optional(expireTime("Of `gtd`, and of nothing else.")),
  post_only: optional(flag("Refused if it would trade at once. Not with `ioc`, `fok`, `market`.")),
  stp: optional(
    oneOf(
      ["none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"],
      "What happens to two orders of one account that would trade with each other.",
      { default: "cancel_taker" },
    ),
  ),
  deadline: optional(
    time("Refused if it is not in the journal by then; at most an hour ahead. Left out: a minute."),
  ),
  tags,
  validate: optional(flag("A dry run: answered as things stand, and nothing happens.")),
};

const orderPrice = price(
  "The limit, a multiple of the instrument's tick. A market order has none.",
);

/** One order; several of which one quantity is filled in all are GroupParams. */
export const AddOrderParams = Type.Object({
  client_order_id: clientOrderId(undefined, { [CODE]: "CLIENT_ORDER_ID_MISSING" }),
  symbol: symbol(),
  ...terms,
  price: optional(orderPrice),
  ...moreTerms,
});

export const GroupParams = Type.Object({
  group: Type.Array(
    Type.Object({ client_order_id: clientOrderId(), symbol: symbol(), price: orderPrice }),
    {
      minItems: 2,
      maxItems: COMPOUND_RECORDS_MAX,
      description:
        "Legs on sizes of one product, each an order of its own; the rest is said once, beside it. " +
        "What one leg trades, every other loses. `limit`, `gtc` or `gtd`, not `post_only`.",
    },
  ),
  ...terms,
  ...moreTerms,
});

const target = {
  order_id: optional(orderId("The order, as we name it; or `client_order_id`, not both.")),
  client_order_id: optional(clientOrderId("The order, as you named it; or `order_id`, not both.")),
  symbol: optional(symbol("Its instrument. With several shards it goes with `client_order_id`.")),
};

export const AmendOrderParams = Type.Object({
  ...target,
  qty: optional(quantity("The new total, filled included. One of the three must be there.")),
  price: optional(orderPrice),
  expire_time: optional(expireTime("Of an order that is `gtd`.")),
});

export const CancelOrderParams = Type.Object(target);

export const CancelAllParams = Type.Object({
  symbol: optional(symbol("Only those of this instrument.")),
  side: optional(side("Only those of this side.")),
  tag: optional(tag("Only those of this tag; 0: whatever they have.")),
});

export const BatchParams = Type.Object({
  mode: oneOf(
    ["atomic", "independent"],
    "`atomic`: on one shard, in one step, all or none. `independent`: each for itself.",
  ),
  ops: Type.Array(
    Type.Object({
      method: oneOf(["add_order", "amend_order", "cancel_order"], "What a frame may ask alone."),
      params: Type.Record(Type.String(), Type.Unknown(), {
        description: "As of the method alone, without `group` and `validate`.",
      }),
    }),
    {
      minItems: 1,
      maxItems: BATCH_OPS_MAX,
      description: `Up to ${BATCH_OPS_MAX} operations, ${COMPOUND_RECORDS_MAX} of them if atomic.`,
    },
  ),
});

/** A minute below the core's bound: its clock is not ours. */
export const TIMEOUT_S_MAX = TIMER_AHEAD_MAX_US / 1e6 - 60;

export const CancelAfterParams = Type.Object({
  timeout_s: Type.Number({
    description: "Seconds until your orders end, unless you call again before; 0: off.",
    minimum: 0,
    maximum: TIMEOUT_S_MAX,
    [SAYS]: `{} is a number of seconds up to ${TIMEOUT_S_MAX}, or 0: off.`,
  }),
  tag: optional(tag("Only the orders of this tag; 0: all.")),
});

export const CancelOnDisconnectParams = Type.Object({
  scope: oneOf(
    ["account", "tag", "none"],
    "Which orders end when this socket closes: all of the account, those of `tag`, none.",
  ),
  tag: optional(tag("With the scope `tag`, and only with it.")),
});

export const OrderStatusParams = Type.Object({
  client_order_id: clientOrderId("The order, as you named it."),
  symbol: optional(symbol("Its instrument; needed with several shards.")),
});

export const AccountTradesParams = Type.Object({
  limit: optional(upTo(FILLS_MAX, "How many at most.", { default: FILLS_DEFAULT })),
});
