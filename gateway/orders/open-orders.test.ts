/** An order's row: found while something of it is open, readable until the next command. */
import { expect, test } from "@jest/globals";
import {
  EventF64,
  EventI32,
  EventType,
  EventU8,
  makeEvents,
  OrderStatus,
  Side,
} from "../../engine/client/layouts.ts";
import { NOBODY, OpenOrders } from "./open-orders.ts";

const events = makeEvents(1);

/** One event of the command `sequence`. */
function tell(orders: OpenOrders, sequence: number, type: number, fields: Fields): void {
  events.u8.fill(0);
  events.u8[EventU8.type] = type;
  events.u8[EventU8.side] = Side.BID;
  events.f64[EventF64.sequence] = sequence;
  events.f64[EventF64.orderId] = fields.orderId;
  events.f64[EventF64.takerOrderId] = type === EventType.TRADE ? fields.taker! : 0;
  events.i32[EventI32.account] = fields.account ?? 1;
  events.i32[EventI32.quantity] = fields.quantity ?? 1;
  events.i32[EventI32.open] = fields.open ?? 0;
  events.i32[EventI32.filled] = fields.quantity ?? 1;
  if (type === EventType.TRADE) events.i32[EventI32.takerFilled] = fields.quantity ?? 1;
  events.i32[EventI32.clientOrderId] = 0x30 + (fields.orderId % 10);
  orders.onEvent(events, 0);
  orders.forget(events, 0);
}

interface Fields {
  readonly orderId: number;
  readonly taker?: number;
  readonly account?: number;
  readonly quantity?: number;
  readonly open?: number;
}

const { ACCEPTED, TRADE, CANCELLED } = EventType;
const standingOf = (orders: OpenOrders, row: number) =>
  orders.readStanding(row, { quantity: 0, filled: 0, open: 0, status: 0 });

test("orders of one command that end in it can be read at its end, whoever came after them", () => {
  const orders = new OpenOrders();
  tell(orders, 1, ACCEPTED, { orderId: 11, quantity: 5 });
  tell(orders, 2, ACCEPTED, { orderId: 12, quantity: 5 });
  const [maker, taker] = [orders.row(11), orders.row(12)];
  tell(orders, 2, TRADE, { orderId: 11, taker: 12, quantity: 5 });
  tell(orders, 2, ACCEPTED, { orderId: 13, quantity: 9 });
  expect([orders.row(11), orders.row(12)]).toEqual([NOBODY, NOBODY]);
  const filled = { quantity: 5, filled: 5, open: 0, status: OrderStatus.FILLED };
  expect(standingOf(orders, maker)).toEqual(filled);
  expect(standingOf(orders, taker)).toEqual(filled);
  expect([maker, taker]).not.toContain(orders.row(13));
  tell(orders, 3, ACCEPTED, { orderId: 14 });
  expect([maker, taker]).toContain(orders.row(14));
});

test("an account's orders, oldest first, whichever of them go; also of thousands", () => {
  const orders = new OpenOrders();
  for (let id = 1; id <= 3_000; id++) tell(orders, id, ACCEPTED, { orderId: id, account: id % 2 });
  for (let id = 1; id <= 3_000; id++) {
    if (id % 100 > 2) tell(orders, 3_000 + id, CANCELLED, { orderId: id });
  }
  const left = Array.from({ length: 3_000 }, (_, at) => at + 1).filter((id) => id % 100 <= 2);
  for (const account of [0, 1]) {
    const ids = orders.ofAccount(account).map(({ orderId }) => orderId);
    expect(ids).toEqual(left.filter((id) => id % 2 === account));
  }
  expect(orders.find(1, "1")?.orderId).toBe(1);
  for (const id of left) tell(orders, 7_000 + id, CANCELLED, { orderId: id });
  expect([orders.has(0), orders.has(1), orders.find(1, "1")]).toEqual([false, false, undefined]);
});
