/**
 * A trading day over real sockets, through the real core: what each side is answered, what the
 * public and the owner are told, and that every channel's numbers form one chain. The same in both
 * encodings.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { JORDAN, startTestExchange, type TestExchange, type TestKey } from "./testing/exchange.ts";
import { chainsOf, connect, type Trader } from "./testing/trader.ts";

const SYMBOL = "DZ5485-612:US-10";
const OTHER = "DZ5485-612:US-9";
const CHANNELS = ["instrument", "ticker", "book", "trades"];

function order(id: string, side: "buy" | "sell", qty: number, price: string, more: object = {}) {
  return { client_order_id: id, symbol: SYMBOL, side, type: "limit", qty, price, ...more };
}

describe.each(["json", "proto"] as const)("in %s", (encoding) => {
  let exchange: TestExchange;
  let aliceKey: TestKey;
  let alice: Trader;
  let bob: Trader;
  let crowd: Trader;

  beforeAll(async () => {
    exchange = await startTestExchange();
    aliceKey = await exchange.makeKey("alice");
    alice = await connect(exchange, aliceKey, encoding);
    bob = await connect(exchange, await exchange.makeKey("bob"), encoding);
    crowd = await connect(exchange, undefined, encoding);
  });
  afterAll(() => exchange.stop());

  describe("one day", () => {
    test("morning: everyone subscribes and sees an empty book", async () => {
      for (const channel of CHANNELS) {
        const answer = await crowd.request("subscribe", { channel, symbols: [SYMBOL] });
        expect(answer.result).toMatchObject({
          channel,
          symbols: [{ symbol: SYMBOL, mode: "snapshot" }],
        });
      }
      await crowd.request("subscribe", { channel: "size_grid", symbols: [JORDAN.style] });
      await crowd.request("subscribe", { channel: "status" });
      await crowd.request("subscribe", { channel: "heartbeat" });
      await alice.request("subscribe", { channel: "executions" });
      await bob.request("subscribe", { channel: "executions" });
      expect((await crowd.push("instrument", 0)).data).toMatchObject({
        symbol: SYMBOL,
        product: "DZ5485-612",
        colourway: 'Chicago "Lost & Found"',
        tick: "1.00",
        band: { low: "50.00", high: "5000.00" },
        state: "continuous",
      });
      expect((await crowd.push("book", 0)).data).toEqual({ bids: [], asks: [] });
      expect((await crowd.push("trades", 0)).data).toEqual([]);
      expect((await crowd.push("status", 0)).data).toMatchObject({ state: "online" });
      expect((await crowd.push("size_grid", 0)).data).toMatchObject([
        { size: "US-9" },
        { size: "US-10" },
        { size: "US-10.5" },
      ]);
    });

    test("an ask rests", async () => {
      const answer = await alice.request("add_order", order("a1", "sell", 2, "241.00"));
      expect(answer).toMatchObject({
        success: true,
        result: {
          order_id: "0-1",
          client_order_id: "a1",
          status: "open",
          open_qty: 2,
          filled_qty: 0,
        },
      });
      expect((await crowd.push("book", 1)).data).toEqual({ bids: [], asks: [["241.00", 2, 1]] });
      expect((await crowd.push("ticker", 1)).data).toMatchObject({
        ask: "241.00",
        ask_qty: 2,
        bid: null,
      });
      expect((await alice.push("executions", 1)).data).toMatchObject({
        exec_type: "new",
        order_id: "0-1",
        status: "open",
        price: "241.00",
        account_seq: 1,
      });
    });

    test("a bid takes it, trades at the maker's price and rests with what is left", async () => {
      const answer = await bob.request("add_order", order("b1", "buy", 3, "245"));
      expect(answer.result).toMatchObject({ status: "open", filled_qty: 2, open_qty: 1, qty: 3 });
      const trade = { trade_id: 1, price: "241.00", qty: 2, taker_side: "buy" };
      expect((await crowd.push("trades", 1)).data).toMatchObject([trade]);
      expect((await crowd.push("book", 2)).data).toEqual({
        bids: [["245.00", 1, 1]],
        asks: [["241.00", 0, 0]],
      });
      expect((await crowd.push("ticker", 2)).data).toMatchObject({
        bid: "245.00",
        ask: null,
        last: "241.00",
        last_qty: 2,
        volume: 2,
        high_52w: "241.00",
      });
      expect((await crowd.push("size_grid", 2)).data).toMatchObject([
        { symbol: SYMBOL, bid: "245.00", last: "241.00", bids: 1, asks: 0 },
      ]);
      expect((await alice.push("executions", 2)).data).toMatchObject({
        exec_type: "trade",
        liquidity: "maker",
        status: "filled",
        last_price: "241.00",
        last_qty: 2,
      });
      expect((await bob.push("executions", 1)).data).toMatchObject({
        exec_type: "new",
        side: "buy",
      });
      expect((await bob.push("executions", 2)).data).toMatchObject({
        exec_type: "trade",
        liquidity: "taker",
        trade_id: 1,
        open_qty: 1,
      });
    });

    test("the same order again is answered from memory", async () => {
      const first = await alice.request("order_status", { client_order_id: "a1" });
      const again = await alice.request("add_order", order("a1", "sell", 2, "241.00"));
      expect(again.result).toMatchObject({ order_id: "0-1", duplicate: true, status: "filled" });
      expect(again.result.engine_seq).toEqual(first.result.engine_seq);
      const other = await alice.request("add_order", order("a1", "sell", 1, "241.00"));
      expect(other.error).toMatchObject({ code: "CLIENT_ORDER_ID_REUSED", execution: "none" });
    });

    test("so is a refused one, refused again", async () => {
      const refused = { ...order("p1", "buy", 1, "300.00", { post_only: true }), symbol: OTHER };
      await bob.request("add_order", { ...order("p0", "sell", 1, "300.00"), symbol: OTHER });
      const once = await alice.request("add_order", refused);
      expect(once.error).toMatchObject({ code: "ORDER_WOULD_CROSS", execution: "none" });
      await bob.request("cancel_order", { client_order_id: "p0" });
      const twice = await alice.request("add_order", refused);
      expect(twice.error).toMatchObject({ code: "ORDER_WOULD_CROSS", duplicate: true });
      const status = await alice.request("order_status", { client_order_id: "p1" });
      expect(status.result).toMatchObject({ status: "rejected", reason: "ORDER_WOULD_CROSS" });
    });

    test("an amend moves price and total, a cancel takes the rest", async () => {
      const amend = { client_order_id: "b1", qty: 5, price: "240.00" };
      expect((await bob.request("amend_order", amend)).result).toMatchObject({
        order_id: "0-2",
        status: "open",
        qty: 5,
        filled_qty: 2,
        open_qty: 3,
      });
      expect((await crowd.push("book", 3)).data).toEqual({
        bids: [
          ["245.00", 0, 0],
          ["240.00", 3, 1],
        ],
        asks: [],
      });
      expect((await bob.request("cancel_order", { order_id: "0-2" })).result).toMatchObject({
        client_order_id: "b1",
        cancelled_qty: 3,
        filled_qty: 2,
      });
      expect((await bob.request("cancel_order", { order_id: "0-2" })).error.code).toBe(
        "UNKNOWN_ORDER",
      );
      const status = await bob.request("order_status", { client_order_id: "b1" });
      expect(status.result).toMatchObject({
        status: "cancelled",
        qty: 5,
        filled_qty: 2,
        open_qty: 0,
        reason: "REQUESTED",
      });
    });

    test("an amend at or below the filled quantity cancels what is open", async () => {
      await alice.request("add_order", order("a5", "sell", 1, "300.00"));
      await bob.request("add_order", order("b5", "buy", 4, "300.00"));
      const answer = await bob.request("amend_order", { client_order_id: "b5", qty: 1 });
      expect(answer.result).toMatchObject({
        status: "cancelled",
        filled_qty: 1,
        open_qty: 0,
        reason: "AMENDED_TO_FILLED",
      });
    });

    // Name, its words, what is left when nothing is on the other side.
    const ALONE: [string, object, object][] = [
      [
        "immediate or cancel",
        { tif: "ioc" },
        { status: "cancelled", reason: "IMMEDIATE_REMAINDER" },
      ],
      ["market", { type: "market", price: undefined }, { status: "cancelled", filled_qty: 0 }],
      ["post-only", { post_only: true }, { status: "open" }],
      ["until a time", { tif: "gtd", expire_time: "2099-01-01T00:00:00Z" }, { status: "open" }],
    ];
    test.each(ALONE)("alone in the book: %s", async (name, words, result) => {
      const id = name.slice(0, 9).replaceAll(" ", "-");
      const answer = await alice.request("add_order", order(id, "sell", 1, "400.00", words));
      expect(answer).toMatchObject({ success: true, result });
    });

    test("cancel_all takes one side of one symbol, then everything", async () => {
      await alice.request("add_order", { ...order("c1", "buy", 1, "100.00"), symbol: OTHER });
      const asks = await alice.request("cancel_all", { symbol: SYMBOL, side: "sell" });
      expect(asks.result).toMatchObject({ count: 2 });
      expect((await alice.request("cancel_all")).result).toMatchObject({ count: 1 });
      expect((await alice.request("cancel_all")).result).toMatchObject({ count: 0 });
    });

    test("an order that expires is reported to its owner", async () => {
      const expire = new Date(Date.now() + 500).toISOString();
      const words = { tif: "gtd", expire_time: expire };
      const answer = await alice.request("add_order", order("e1", "sell", 1, "500.00", words));
      expect(answer.result).toMatchObject({ status: "open" });
      const expired = (message: { channel?: string; data?: unknown }): boolean =>
        (message.data as { exec_type?: string } | undefined)?.exec_type === "expired";
      expect((await alice.until(expired)).data).toMatchObject({
        client_order_id: "e1",
        status: "expired",
        cancelled_qty: 1,
      });
    });

    test("a halt is said to everyone, cancels stay possible", async () => {
      await alice.request("add_order", order("h1", "sell", 1, "500.00"));
      const halted = await exchange.admin("POST", `instruments/${SYMBOL}/state`, {
        state: "halted",
      });
      expect(halted).toMatchObject({ status: 200, body: { state: "halted" } });
      expect((await crowd.push("instrument", 1)).data).toMatchObject({ state: "halted" });
      const refused = await alice.request("add_order", order("h2", "sell", 1, "500.00"));
      expect(refused.error).toMatchObject({ code: "INSTRUMENT_HALTED", class: "STATE" });
      const cancel = await alice.request("cancel_order", { client_order_id: "h1" });
      expect(cancel.success).toBe(true);
      await exchange.admin("POST", `instruments/${SYMBOL}/state`, { state: "continuous" });
      const band = { low: "200.00", high: "300.00" };
      await exchange.admin("POST", `instruments/${SYMBOL}/band`, band);
      expect((await crowd.push("instrument", 3)).data).toMatchObject({ band, state: "continuous" });
      const outside = await alice.request("add_order", order("h3", "sell", 1, "301.00"));
      expect(outside.error.code).toBe("PRICE_OUTSIDE_BAND");
      await exchange.admin("POST", `instruments/${SYMBOL}/band`, { band: null });
    });

    test("evening: every channel was one chain, and the heartbeat names its end", async () => {
      const beat = await crowd.push("heartbeat", 0);
      expect(beat.data).toMatchObject({ symbols: { [SYMBOL]: expect.any(Number) } });
      for (const trader of [alice, bob, crowd]) {
        const { links, breaks } = chainsOf(trader);
        expect(links).toBeGreaterThan(3);
        expect(breaks).toEqual([]);
      }
      const newest = await crowd.until(
        (message) =>
          message.channel === "heartbeat" &&
          (message.data.symbols as unknown as Record<string, number>)[SYMBOL] ===
            crowd.pushes.findLast((push) => push.channel === "book")!.seq,
      );
      expect(newest.seq).toBe(0);
      const reports = alice.pushes.filter((push) => push.channel === "executions");
      expect(reports.map((push) => push.seq)).toEqual(reports.map((_, at) => at));
    });
  });

  test("an order used up by its own account's other side ended cancelled, and is open nowhere", async () => {
    const carolKey = await exchange.makeKey("carol");
    const carol = await connect(exchange, carolKey, encoding);
    await carol.request("subscribe", { channel: "executions" });
    await carol.request("add_order", order("d1", "sell", 3, "600.00"));
    const taker = order("d2", "buy", 2, "600.00", { stp: "decrement" });
    const ended = { status: "cancelled", filled_qty: 0, open_qty: 0, reason: "SELF_TRADE" };
    expect((await carol.request("add_order", taker)).result).toMatchObject(ended);
    const status = await carol.request("order_status", { client_order_id: "d2" });
    expect(status.result).toMatchObject(ended);
    const told = [await carol.push("executions", 3), await carol.push("executions", 4)];
    expect(told.map(({ data }) => data)).toMatchObject([
      { exec_type: "prevented", client_order_id: "d1", status: "open", open_qty: 1 },
      { exec_type: "prevented", client_order_id: "d2", prevented_qty: 2, ...ended },
    ]);
    const second = await connect(exchange, carolKey, encoding);
    await second.request("subscribe", { channel: "executions" });
    expect((await second.push("executions", 0)).data).toMatchObject([{ client_order_id: "d1" }]);
    await carol.request("cancel_all");
    carol.close();
    second.close();
  });

  test("a second socket of the account starts from its open orders", async () => {
    await alice.request("add_order", order("s1", "sell", 2, "700.00"));
    const second = await connect(exchange, aliceKey, encoding);
    await second.request("subscribe", { channel: "executions" });
    const snapshot = await second.push("executions", 0);
    expect(snapshot).toMatchObject({ type: "snapshot", seq: expect.any(Number) });
    expect(snapshot.data).toMatchObject([{ client_order_id: "s1", open_qty: 2, price: "700.00" }]);
    await second.request("cancel_order", { client_order_id: "s1" });
    const update = await second.push("executions", 1);
    expect(update).toMatchObject({ prev_seq: snapshot.seq, data: { exec_type: "canceled" } });
    second.close();
  });

  test("a dry run says what the book would refuse as it stands", async () => {
    const lived = order("dry-0", "sell", 2, "710.00", { tif: "gtc" });
    expect((await alice.request("add_order", lived)).success).toBe(true);
    const tried = async (price: string, more: object): Promise<string> => {
      const dry = order("dry-1", "buy", 2, price, { validate: true, ...more });
      const answer = await bob.request("add_order", dry);
      return answer.success ? "" : answer.error.code;
    };
    expect(await tried("710.00", { post_only: true })).toBe("ORDER_WOULD_CROSS");
    expect(await tried("60.00", { post_only: true })).toBe("");
    expect(await tried("60.00", { tif: "fok" })).toBe("FOK_NOT_FILLABLE");
    expect(await tried("710.00", { tif: "fok", qty: 1_000 })).toBe("FOK_NOT_FILLABLE");
    expect(await tried("710.00", { tif: "fok" })).toBe("");
    await alice.request("cancel_order", { client_order_id: "dry-0" });
  });

  test("a dry run checks and leaves nothing behind", async () => {
    const dry = order("v1", "sell", 1, "700.00", { validate: true });
    expect((await alice.request("add_order", dry)).result).toMatchObject({ validated: true });
    const bad = await alice.request("add_order", { ...dry, price: "700.50" });
    expect(bad.error).toMatchObject({ code: "PRICE_NOT_ON_TICK", param: "price" });
    const status = await alice.request("order_status", { client_order_id: "v1" });
    expect(status.error).toMatchObject({ code: "UNKNOWN_CLIENT_ORDER_ID", execution: "unknown" });
  });
});
