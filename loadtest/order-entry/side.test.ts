/** A server that is gone ends a measurement with words: its answers would be waited for until the process ends by itself, silently. */
import { expect, test } from "@jest/globals";
import { startEcho } from "../venue/exchange.ts";
import { PROTO_ORDERS } from "../wire/proto-orders.ts";
import { Side } from "./side.ts";

const order = (side: "buy" | "sell") =>
  PROTO_ORDERS.makeOrder({ symbol: "A:1", side, price: "200.00", qty: 1, prefix: "abc" });

test.each(["a round", "orders one by one"])(
  "the server goes away in the middle of %s",
  async (what) => {
    const echo = await startEcho();
    const side = await Side.open({
      target: { host: "127.0.0.1", port: echo.port, path: "/" },
      encoding: PROTO_ORDERS,
      depth: 4,
      lines: [{ templates: [order("sell"), order("buy")], signer: null }],
    });
    const measured = what === "a round" ? side.round(600) : side.oneByOne(1_000_000_000);
    const outcome = measured.catch((error: unknown) => error);
    while (side.answered === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await echo.stop();
    expect(String(await outcome)).toContain("a connection was closed with 1006");
    side.close();
  },
);
