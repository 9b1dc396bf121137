/** What a request that succeeded is answered with, method by method. */
import { Type } from "@sinclair/typebox";
import { SCOPES } from "../registry/identity.ts";
import { Trouble } from "./trouble.ts";
import {
  clientOrderId,
  listOf,
  oneOf,
  orderId,
  orNull,
  price,
  quantity,
  sequence,
  side,
  symbol,
  text,
  time,
  units,
} from "./words.ts";

const optional = Type.Optional;

export const scopes = listOf(oneOf([...SCOPES], "A scope."), "What the key may do.");

export const LogonResult = Type.Object({ account: text("The account's name."), scopes });

const mode = oneOf(
  ["snapshot", "resumed", "live"],
  "How it begins: with a snapshot, with what was missed, or with what happens next.",
);
const resume = optional(
  Type.Literal("RESUME_TOO_OLD", { description: "A snapshot comes instead of what was missed." }),
);
const seq = sequence("The sequence at which it stands.");

export const SubscribeResult = Type.Object({
  channel: text("As asked."),
  symbols: listOf(
    Type.Object({ symbol: text("As asked."), mode, resume, seq }),
    "Row by row, as asked; none for `orders` and `executions`.",
  ),
  shards: optional(
    listOf(
      Type.Object({ shard: units("The shard."), mode, resume, seq }),
      "For `orders` and `executions`: each shard has a sequence of its own.",
    ),
  ),
});

export const UnsubscribeResult = Type.Object({
  channel: text("As asked."),
  symbols: listOf(Type.Object({ symbol: text("As asked.") }), "What is not listened to any more."),
});

const status = oneOf(
  ["open", "filled", "cancelled", "expired", "rejected", "unknown"],
  "How the order stands after the command.",
);
const engineSeq = sequence("The command's sequence in its shard's journal: it is durable.");
const reason = optional(text("Why it, or what was left of it, ended, as in execution reports."));
const standing = {
  status,
  qty: units("All that was asked for."),
  filled_qty: units("Of that, traded."),
  open_qty: units("Of that, resting."),
};

export const AddOrderResult = Type.Object({
  order_id: orderId(),
  client_order_id: clientOrderId("As sent."),
  symbol: symbol(),
  ...standing,
  engine_seq: engineSeq,
  ts: time("The engine's stamp."),
  duplicate: optional(
    Type.Literal(true, { description: "It was known already: the first answer." }),
  ),
  reason,
});

export const ValidatedResult = Type.Object({
  validated: Type.Literal(true, { description: "As things stand it would be taken." }),
  client_order_id: clientOrderId("As sent."),
  symbol: symbol(),
  ts: time("When it was tried."),
});

export const GroupResult = Type.Object({
  legs: listOf(AddOrderResult, "Each leg as an order alone."),
});

export const ValidatedGroupResult = Type.Object({
  validated: Type.Literal(true),
  legs: listOf(
    Type.Object({ client_order_id: clientOrderId("As sent."), symbol: symbol() }),
    "Leg by leg.",
  ),
});

export const AmendOrderResult = Type.Object({
  order_id: orderId(),
  client_order_id: clientOrderId("As it was placed."),
  ...standing,
  engine_seq: engineSeq,
  reason,
});

export const CancelOrderResult = Type.Object({
  order_id: orderId(),
  client_order_id: clientOrderId("As it was placed."),
  cancelled_qty: units("What was open."),
  filled_qty: units("What had been traded before."),
  engine_seq: engineSeq,
});

export const CancelAllResult = Type.Object({
  count: units("How many orders end."),
  engine_seq: engineSeq,
});

const OperationResult = Type.Union([
  Type.Object({
    method: text("As asked."),
    success: Type.Literal(true),
    result: Type.Union([AddOrderResult, AmendOrderResult, CancelOrderResult]),
  }),
  Type.Object({ method: text("As asked."), success: Type.Literal(false), error: Trouble }),
]);

export const BatchResult = Type.Object({
  mode: oneOf(["atomic", "independent"], "As asked."),
  results: listOf(OperationResult, "Operation by operation."),
});

export const CancelAfterResult = Type.Object({
  fires_at: orNull(time("When."), { description: "When your orders end; null: it is off." }),
  engine_seq: engineSeq,
});

export const CancelOnDisconnectResult = Type.Object({
  scope: oneOf(["account", "tag", "none"], "As asked."),
  within_s: optional(Type.Number({ description: "How soon at most, should we die, too." })),
  engine_seq: optional(engineSeq),
});

export const OrderStatusResult = Type.Object({
  order_id: orNull(orderId(), { description: "Null: it was rejected before it had one." }),
  client_order_id: clientOrderId("As asked."),
  ...standing,
  engine_seq: sequence("Of the place."),
  reason,
});

export const AccountTradesResult = Type.Object({
  trades: listOf(
    Type.Object({
      trade_id: units("The trade's number on its shard."),
      order_id: orderId("Yours."),
      symbol: orNull(symbol()),
      side: side("Your order's."),
      price: price("The maker's."),
      qty: quantity("How many pairs."),
      liquidity: oneOf(["maker", "taker"], "Whether yours was resting, or arrived."),
      ts: time("When."),
    }),
    "Newest first.",
  ),
});
