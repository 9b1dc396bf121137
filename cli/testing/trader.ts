/**
 * A plain WebSocket client for tests: one socket, requests by number, pushes kept in order. It knows
 * only what the public API says, and never resends anything by itself.
 */
import { WebSocket } from "ws";
import { type Key, logonParams } from "./exchange.ts";

export interface Answer {
  readonly success: boolean;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: string; readonly execution?: string };
}

export interface Push {
  readonly channel: string;
  readonly type: "snapshot" | "update";
  readonly symbol?: string;
  readonly seq: number;
  readonly prev_seq: number;
  readonly data: unknown;
}

export interface Trader {
  readonly pushes: Push[];
  /** The answer, or null when the socket died first: then nobody knows whether it happened. */
  request(method: string, params: object): Promise<Answer | null>;
  readonly closed: Promise<void>;
  close(): void;
}

/** Connects to the exchange at `url` and, with a key, logs on. Throws when either is refused. */
export async function connectTrader(url: string, key?: Key): Promise<Trader> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`);
  const waiting = new Map<number, (answer: Answer | null) => void>();
  const pushes: Push[] = [];
  let next = 1;
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      for (const resolveAnswer of waiting.values()) resolveAnswer(null);
      waiting.clear();
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {}); // 'close' follows and tells everyone who waits
  socket.on("message", (data) => {
    const message = JSON.parse((data as Buffer).toString()) as {
      req_id?: number;
      channel?: string;
    };
    if (message.channel !== undefined) pushes.push(message as unknown as Push);
    const resolveAnswer = waiting.get(message.req_id ?? 0);
    if (resolveAnswer === undefined) return;
    waiting.delete(message.req_id!);
    resolveAnswer(message as unknown as Answer);
  });
  const trader: Trader = {
    pushes,
    request: (method, params) =>
      new Promise((resolve) => {
        if (socket.readyState !== WebSocket.OPEN) return resolve(null);
        const id = next++;
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ method, req_id: id, params }));
      }),
    closed,
    close: () => socket.close(),
  };
  if (key !== undefined) {
    const answer = await trader.request("session.logon", logonParams(key));
    if (answer?.success !== true) throw new Error(`logon refused: ${JSON.stringify(answer)}`);
  }
  return trader;
}
