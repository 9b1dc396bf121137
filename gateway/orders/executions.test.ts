/** An account's sequence has no gap, also where an event is about none of its orders. */
import { expect, test } from "@jest/globals";
import { EventF64, EventI32, EventType, EventU8, makeEvents } from "../../engine/client/layouts.ts";
import { Executions } from "./executions.ts";
import { OpenOrders } from "./open-orders.ts";

test("a session's timer that fired is told in the account's own sequence", () => {
  const executions = new Executions(0, new OpenOrders(), () => undefined);
  const pushes: unknown[] = [];
  const reader = { push: (text: string) => pushes.push(JSON.parse(text)), behind: false, owe() {} };
  executions.topic("executions", 7, "7").subscribers.add(reader);
  const events = makeEvents(2);
  for (const index of [0, 1]) {
    events.u8[index * 168 + EventU8.type] = EventType.TIMER_FIRED;
    events.i32[index * 42 + EventI32.account] = 7;
    events.i32[index * 42 + EventI32.quantity] = 3 - index;
    events.f64[index * 21 + EventF64.sequence] = 11 + index;
    events.f64[index * 21 + EventF64.accountSeq] = 1 + index;
    executions.onEvent(events, index);
  }
  const fired = { exec_type: "timer_fired", order_id: null };
  expect(pushes).toMatchObject([
    { seq: 1, prev_seq: 0, data: { ...fired, count: 3, engine_seq: 11, account_seq: 1 } },
    { seq: 2, prev_seq: 1, data: { ...fired, count: 2, engine_seq: 12, account_seq: 2 } },
  ]);
  expect(() => executions.onEvent(events, 0)).toThrow("account 7: 1 follows 2");
});
