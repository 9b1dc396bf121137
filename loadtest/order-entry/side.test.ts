/** When a measurement ends. */
import { expect, test } from "@jest/globals";
import { startEcho } from "../venue/exchange.ts";
import { PROTO_ORDERS } from "../wire/proto-orders.ts";
import { Side } from "./side.ts";

const order = (side: "buy" | "sell") =>
  PROTO_ORDERS.makeOrder({ symbol: "A:1", side, price: "200.00", qty: 1, prefix: "abc" });

async function open(lines: number) {
  const echo = await startEcho();
  const side = await Side.open({
    target: { host: "127.0.0.1", port: echo.port, path: "/" },
    encoding: PROTO_ORDERS,
    depth: 4,
    lines: Array.from({ length: lines }, () => ({
      templates: [order("sell"), order("buy")] as const,
      signer: null,
    })),
  });
  return { echo, side };
}

test("a round is over when one has sent its share of what may be sent, however long it might go on", async () => {
  const { echo, side } = await open(3);
  for (const most of [1_000, 30]) {
    const before = side.answered;
    const { perS } = await side.round(600, most);
    expect(perS).toBeGreaterThan(0);
    expect(side.answered - before).toBeGreaterThanOrEqual(Math.floor(most / 3));
    expect(side.answered - before).toBeLessThanOrEqual(most);
    expect(side.sent).toBe(side.answered);
  }
  side.close();
  await echo.stop();
});

// The server's answers would be waited for until the process ends by itself, silently.
test.each(["a round", "orders one by one"])(
  "the server goes away in the middle of %s: it says so",
  async (what) => {
    const { echo, side } = await open(1);
    const measured = what === "a round" ? side.round(600) : side.oneByOne(1_000_000_000);
    const outcome = measured.catch((error: unknown) => error);
    while (side.answered === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await echo.stop();
    expect(String(await outcome)).toContain("a connection was closed with 1006");
    side.close();
  },
);
