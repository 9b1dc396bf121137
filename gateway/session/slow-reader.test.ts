/**
 * A slow reader harms only itself: it is closed with a reason, whoever reads goes on undisturbed,
 * and conflated channels give a reader that was behind the newest instead of everything.
 */
import { afterEach, describe, expect, test } from "@jest/globals";
import { WebSocket } from "ws";
import { makeTopic, publish } from "../market-data/topics.ts";
import { JORDAN, startTestExchange, type TestExchange } from "../testing/exchange.ts";
import { connect } from "../testing/trader.ts";
import { makeSessionCounts } from "./counts.ts";
import { SESSION_LIMITS } from "./limits.ts";
import { type Hub, Session, type Socket } from "./session.ts";

const SYMBOL = `${JORDAN.style}:US-10`;
const LIMITS = { unsentBytesMax: 256 * 1024, pingEveryMs: 80, shutdownSpreadMs: 20 };

describe("over real sockets", () => {
  let exchange: TestExchange;
  afterEach(() => exchange.stop());

  test("too many unsent bytes close it, and it learns why when it reads again", async () => {
    // On a busy machine nobody but the bytes may be what closes it.
    exchange = await startTestExchange({ limits: { ...LIMITS, pongWithinMs: 60_000 } });
    const slow = await connect(exchange);
    const healthy = await connect(exchange, await exchange.makeKey("alice"));
    await healthy.request("subscribe", { channel: "book", symbols: [SYMBOL] });
    slow.socket.pause();
    // Answered by a list of all methods: little work, many bytes.
    const ask = JSON.stringify({ method: "?", req_id: "x".repeat(64) });
    const isLogged = (): boolean =>
      exchange.logs.some((line) => line.why === "too many unsent bytes");
    // It asks and asks and never listens, until the system's buffers and ours are full.
    for (let sent = 0; sent < 300_000 && !isLogged(); sent += 1_000) {
      for (let each = 0; each < 1_000; each++) slow.socket.send(ask);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(isLogged()).toBe(true);
    // It learns why even when it comes back late: without an idle time-out, uWebSockets would cut the
    // line at its next sweep, 4 s after the close at most.
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    slow.socket.resume();
    expect(await slow.closed).toMatchObject({
      code: 1008,
      reason: "SLOW_READER: too many unsent bytes",
    });
    const order = { client_order_id: "h1", symbol: SYMBOL, side: "buy", type: "limit", qty: 1 };
    expect((await healthy.request("add_order", { ...order, price: "99.00" })).success).toBe(true);
    expect((await healthy.push("book", 1)).data).toEqual({ bids: [["99.00", 1, 1]], asks: [] });
    const metrics = await (await fetch(`${exchange.url}/metrics`)).text();
    expect(metrics).toContain("solebook_slow_readers_closed_total 1");
    healthy.close();
  });

  test("a ping that stays unanswered closes it, one that answers stays", async () => {
    exchange = await startTestExchange({ limits: { ...LIMITS, pongWithinMs: 4_000 } });
    const silent = await connect(exchange);
    const healthy = await connect(exchange);
    silent.socket.pause();
    const isLogged = (): boolean =>
      exchange.logs.some((line) => line.why === "a ping was not answered in time");
    const deadline = Date.now() + 50_000;
    while (!isLogged() && Date.now() < deadline) await new Promise((r) => setTimeout(r, 10));
    expect(isLogged()).toBe(true);
    silent.socket.resume();
    expect(await silent.closed).toMatchObject({ code: 1008 });
    expect((await healthy.request("ping")).success).toBe(true);
    healthy.close();
  });

  test("who speaks is there, though his pongs do not come", async () => {
    exchange = await startTestExchange({ limits: { ...LIMITS, pongWithinMs: 1_200 } });
    const url = `${exchange.url.replace("http", "ws")}/v1/ws`;
    const open = (): WebSocket => new WebSocket(url, { autoPong: false });
    const closed = (socket: WebSocket): Promise<string> =>
      new Promise((resolve) => socket.once("close", (_code, reason) => resolve(String(reason))));
    const [speaking, silent] = [open(), open()];
    const isClosed = closed(speaking);
    await new Promise((resolve) => speaking.once("open", resolve));
    const timer = setInterval(() => speaking.send('{"method":"ping"}'), 20);
    expect(await closed(silent)).toBe("SLOW_READER: a ping was not answered in time");
    await new Promise((resolve) => setTimeout(resolve, 2_400));
    expect(speaking.readyState).toBe(WebSocket.OPEN);
    clearInterval(timer);
    expect(await isClosed).toBe("SLOW_READER: a ping was not answered in time");
  });
});

/** A socket that takes nothing, until it is told to. */
class StuckSocket {
  sent: string[] = [];
  ended: [number, string] | undefined;
  buffered = 0;
  stuck = true;
  getUserData = () => ({
    session: undefined,
    address: "test",
    encoding: "json",
    caller: undefined,
  });
  getBufferedAmount = (): number => this.buffered;
  cork = (write: () => void): void => write();
  ping = (): number => 1;
  send = (text: string): number => {
    this.sent.push(text);
    if (this.stuck) this.buffered += text.length;
    return this.stuck ? 0 : 1;
  };
  end = (code: number, reason: string): void => {
    this.ended = [code, reason];
    this.session!.forget();
  };
  session: Session | undefined;
}

function stuckSession(): { socket: StuckSocket; session: Session; flush: () => void } {
  const socket = new StuckSocket();
  const queue: Session[] = [];
  const hub: Hub = {
    counts: makeSessionCounts(),
    limits: { ...SESSION_LIMITS, unsentBytesMax: 100 },
    needsFlush: (session) => queue.push(session),
    slowReaderClosed: () => {},
  };
  const session = new Session(1, socket as unknown as Socket, hub);
  socket.session = session;
  return { socket, session, flush: () => queue.splice(0).forEach((each) => each.flush()) };
}

describe("one session", () => {
  test("a conflated channel waits while it is behind, then shows the newest", () => {
    const { socket, session, flush } = stuckSession();
    let newest = "snapshot 1";
    const ticker = makeTopic("ticker", "S", { seq: () => 0, snapshot: () => newest });
    session.subscribe(ticker, true);
    flush();
    for (const text of ["update 2", "update 3"]) {
      newest = text.replace("update", "snapshot");
      publish(ticker, text);
      flush();
    }
    expect(socket.sent).toEqual(["snapshot 1"]);
    Object.assign(socket, { stuck: false, buffered: 0 });
    session.drained();
    flush();
    publish(ticker, "update 4");
    flush();
    expect(socket.sent).toEqual(["snapshot 1", "snapshot 3", "update 4"]);
  });

  test("a message that was dropped ends it: nothing is passed over in silence", () => {
    const { socket, session, flush } = stuckSession();
    socket.send = (text) => (socket.sent.push(text), 2);
    session.push("first");
    session.push("second");
    flush();
    expect(socket.ended).toEqual([1008, "SLOW_READER: a message was dropped"]);
    expect(socket.sent).toEqual(["first"]);
  });

  test("a delta channel goes on, up to the bound, and nothing comes after the close", () => {
    const { socket, session, flush } = stuckSession();
    const book = makeTopic("book", "S", { seq: () => 0, snapshot: () => "s".repeat(60) });
    session.subscribe(book, true);
    flush();
    publish(book, "d".repeat(39));
    flush();
    expect(socket.ended).toBeUndefined();
    publish(book, "dd");
    flush();
    expect(socket.ended).toEqual([1008, "SLOW_READER: too many unsent bytes"]);
    expect(book.subscribers.size).toBe(0);
    session.push("late");
    session.close(1012, "late");
    flush();
    expect(socket.sent).toHaveLength(3);
  });

  test("a thousand snapshots are made as there is room, each before its updates", () => {
    const { socket, session, flush } = stuckSession();
    socket.stuck = false;
    const big = "x".repeat(10_000);
    const topics = Array.from({ length: 100 }, (_, at) =>
      makeTopic("book", `${at}`, { seq: () => 0, snapshot: () => `snapshot ${at} ${big}` }),
    );
    for (const topic of topics) session.subscribe(topic, true);
    flush();
    const made = socket.sent.length;
    expect(made).toBeLessThan(10);
    publish(topics[99]!, "update 99");
    expect(topics[99]!.subscribers.size).toBe(0);
    for (let round = 0; round < 100; round++) flush();
    expect(socket.sent).toHaveLength(100);
    expect(socket.sent.at(-1)).toMatch(/^snapshot 99/);
  });

  test("unsubscribed before its snapshot was made, it never comes", () => {
    const { socket, session, flush } = stuckSession();
    const topic = makeTopic("book", "S", { seq: () => 0, snapshot: () => "snapshot" });
    session.subscribe(topic, true);
    session.unsubscribe(topic);
    flush();
    expect(socket.sent).toEqual([]);
  });
});
