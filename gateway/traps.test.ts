/**
 * What uWebSockets.js does to who does not know it, each with the guard that keeps it off; the table in
 * README.md says where the guards are, and which tests elsewhere show the rest.
 */
import { afterEach, expect, test } from "@jest/globals";
import { connect as connectTcp, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { App, type TemplatedApp } from "uWebSockets.js";
import { NOWHERE } from "./addresses.ts";
import { openPort } from "./port.ts";
import { attachRest, type Call, json, type Route } from "./rest/server.ts";
import { RequestRate, SESSION_LIMITS } from "./session/limits.ts";
import { startTestExchange, type TestExchange } from "./testing/exchange.ts";
import { connect } from "./testing/trader.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function start(options: Parameters<typeof startTestExchange>[0] = {}): Promise<TestExchange> {
  const exchange = await startTestExchange(options);
  ends.push(() => exchange.stop());
  return exchange;
}

/** HTTP before routes of the test's own. */
async function serve(routes: readonly Route[]): Promise<{ url: string; port: number }> {
  const app: TemplatedApp = App();
  ends.push(() => app.close());
  attachRest(app, {
    routes,
    nowhere: ({ path }) => {
      if (path === "/broken") throw new Error("nobody thought of this");
      return undefined;
    },
    rate: new RequestRate(SESSION_LIMITS),
    proxies: NOWHERE,
    logger: pino({ level: "silent" }),
    nextRequestId: () => "r",
    replied: () => {},
  });
  const { port } = (await openPort(app, "127.0.0.1", 0))!;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** A line to `port` by hand, and all that came over it. */
async function line(port: number): Promise<{ socket: Socket; heard: () => string }> {
  const socket = connectTcp(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (data) => void (heard += data.toString("latin1")));
  socket.on("error", () => {});
  ends.push(() => socket.destroy());
  await once(socket, "connect");
  return { socket, heard: () => heard };
}

async function soon(isSo: () => boolean): Promise<void> {
  for (let tries = 1_000; !isSo(); tries--) {
    if (tries === 0) throw new Error("it never came about");
    await sleep(10);
  }
}

test("a request is gone when its handler returns: routes have a copy of it", async () => {
  const slow: Route = {
    method: "GET",
    path: "/v1/things/*",
    handle: async (call: Call) => {
      await sleep(20);
      const { path, parts, query, target } = call;
      const seen = { path, parts, a: query.get("a"), target, key: call.header("solebook-key") };
      return json(200, JSON.stringify(seen));
    },
  };
  const { url } = await serve([slow]);
  const headers = { "solebook-key": "k1" };
  const all = ["one", "two", "three"].map(async (name) => {
    const response = await fetch(`${url}/v1/things/${name}?a=${name}`, { headers });
    const path = `/v1/things/${name}`;
    const seen = { path, parts: [name], a: name, target: `${path}?a=${name}`, key: "k1" };
    expect(await response.json()).toEqual(seen);
  });
  await Promise.all(all);
});

test("a body's pieces are copied: uWebSockets takes each back", async () => {
  const echo: Route = {
    method: "POST",
    path: "/v1/echo",
    handle: async ({ body }) => {
      await sleep(5);
      return json(200, body);
    },
  };
  const { port } = await serve([echo]);
  const { socket, heard } = await line(port);
  const body = JSON.stringify(Array.from({ length: 900 }, (_, at) => at));
  socket.write(`POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
  for (let at = 0; at < body.length; at += 700) {
    socket.write(body.slice(at, at + 700));
    await sleep(1);
  }
  await soon(() => heard().includes("]"));
  expect(heard().endsWith(`\r\n\r\n${body}`)).toBe(true);
});

test("who gives up while a route works is not answered any more, and nobody else notices", async () => {
  const gate = Promise.withResolvers<void>();
  let isAsked = false;
  const slow: Route = {
    method: "GET",
    path: "/slow",
    handle: async () => {
      isAsked = true;
      await gate.promise;
      return json(200, "{}");
    },
  };
  const { url, port } = await serve([slow]);
  const { socket } = await line(port);
  socket.write("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await soon(() => isAsked);
  socket.destroy();
  await sleep(50);
  gate.resolve(); // writing to it now would throw
  expect((await fetch(`${url}/slow`)).status).toBe(200);
});

test("a throw does not reach uWebSockets: a request is answered 500, a socket closed with 1011", async () => {
  const { url } = await serve([]);
  const response = await fetch(`${url}/broken`);
  expect([response.status, await response.json()]).toMatchObject([500, { code: "INTERNAL" }]);

  const written: string[] = [];
  const write = (text: string): void => {
    if (text.includes("FRAME_TOO_LARGE")) throw new Error("the log's disk is full");
    written.push(text);
  };
  const exchange = await start({ logger: pino({ level: "warn" }, { write }) });
  const broken = await connect(exchange);
  broken.socket.send("x".repeat(70_000));
  expect(await broken.closed).toEqual({ code: 1011, reason: "INTERNAL" });
  expect(written.join("")).toContain("a frame failed by our mistake");
  const next = await connect(exchange);
  expect((await next.request("ping")).success).toBe(true);
  next.close();
});

test("compression is not agreed to, whoever offers it", async () => {
  const exchange = await start();
  const { socket, heard } = await line(exchange.gateway.port);
  socket.write(
    "GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
  );
  await soon(() => heard().includes("\r\n\r\n"));
  expect(heard()).toMatch(/^HTTP\/1.1 101/);
  expect(heard()).not.toMatch(/extensions/i);
});

test("closing the port leaves connections open: a planned stop ends them too, read or unread", async () => {
  const exchange = await start({ limits: { shutdownSpreadMs: 50 } });
  const { socket: kept, heard } = await line(exchange.gateway.port);
  kept.write("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  await soon(() => heard().startsWith("HTTP/1.1 200"));
  const keptClosed = once(kept, "close");
  const paused = await connect(exchange);
  paused.socket.pause(); // it never reads that we go
  const reading = await connect(exchange);
  await exchange.gateway.close();
  await keptClosed;
  expect(await reading.closed).toEqual({ code: 1012, reason: "SHUTTING_DOWN" });
  paused.socket.resume();
  expect((await paused.closed).code).toBe(1012);
});

test("in a thread an open app would abort the process: there is none", async () => {
  const main = new URL("./main.ts", import.meta.url);
  const code = `import(${JSON.stringify(main.href)})
    .then(({ startGateway }) => startGateway({}))
    .catch((error) => require("node:worker_threads").parentPort.postMessage(error.message));`;
  const worker = new Worker(code, { eval: true });
  const [words] = (await once(worker, "message")) as [string];
  expect(words).toBe("a gateway runs on its process's main thread only");
  await worker.terminate();
});
