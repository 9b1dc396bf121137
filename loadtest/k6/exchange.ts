/**
 * What the scripts share: products and keys made through the admin interface, a logon signed by HMAC,
 * percentiles of how long orders took. Needs, by `-e`: SOLEBOOK_URL and SOLEBOOK_ADMIN_TOKEN.
 */
import { hmac } from "k6/crypto";
import http from "k6/http";
import type { MessageEvent, WebSocket } from "k6/websockets";

export interface Key {
  readonly key: string;
  readonly secret: string;
}

export interface Ground {
  readonly symbols: readonly string[];
  readonly keys: readonly Key[];
  /** Begins client order ids: another one each run. */
  readonly run: string;
}

export interface Answer {
  readonly method?: string;
  readonly req_id?: number | null;
  readonly success?: boolean;
  readonly error?: { readonly code: string };
  readonly channel?: string;
  readonly type?: "snapshot" | "update";
  readonly symbol?: string;
  readonly seq?: number;
  readonly prev_seq?: number;
  readonly result?: { readonly symbols?: readonly { readonly mode: string }[] };
}

export const url = (__ENV.SOLEBOOK_URL ?? "http://127.0.0.1:8787").replace(/\/$/, "");
export const socketUrl = `${url.replace(/^http/, "ws")}/v1/ws`;

export function setting(name: string, otherwise: number): number {
  const text = __ENV[name];
  return text === undefined ? otherwise : Number(text);
}

/** Markets and keys of a run's own; called once, before the first connection. */
export function prepare(sizes: number, keys: number): Ground {
  const run = Date.now().toString(36).slice(-5);
  const style = `K6-${run}`;
  const names = Array.from({ length: sizes }, (_, at) => `S-${at + 100}`);
  admin("products", {
    style,
    brand: "Load",
    model: "Test",
    colourway: style,
    retail_price: "200.00",
    release_date: "2026-11-21",
    sizes: names,
    tick: "1.00",
    band: { low: "1.00", high: "100000.00" },
  });
  return {
    run,
    symbols: names.map((name) => `${style}:${name}`),
    keys: Array.from({ length: keys }, (_, at) => admin("keys", keyOf(at)) as Key),
  };
}

const keyOf = (at: number): object => ({
  account: `k6-${at}`,
  kind: "hmac",
  scopes: ["md:read", "orders:read", "orders:write"],
  label: "k6",
  trading: true,
});

function admin(path: string, body: object): unknown {
  const answer = http.post(`${url}/v1/admin/${path}`, JSON.stringify(body), {
    headers: {
      Authorization: `Bearer ${__ENV.SOLEBOOK_ADMIN_TOKEN ?? ""}`,
      "Content-Type": "application/json",
    },
  });
  if (answer.status >= 300)
    throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.json();
}

/** The first frame of a socket that trades. */
export function logOn(socket: WebSocket, { key, secret }: Key): void {
  const timestamp = new Date().toISOString();
  const signature = hmac("sha256", secret, `${timestamp}\nLOGON\n/v1/ws\n`, "base64rawurl");
  const params = { key, timestamp, signature };
  socket.send(JSON.stringify({ method: "session.logon", params }));
}

export interface Handlers {
  opened(): void;
  told(answer: Answer): void;
  closed?(): void;
}

/** k6's types name the events by an enum that k6 does not have. */
interface Socket {
  addEventListener(name: "open" | "close", hear: () => void): void;
  addEventListener(name: "message", hear: (event: MessageEvent) => void): void;
}

export function listen(socket: WebSocket, { opened, told, closed = () => {} }: Handlers): void {
  const events = socket as unknown as Socket;
  events.addEventListener("open", opened);
  events.addEventListener("close", closed);
  events.addEventListener("message", ({ data }) => told(JSON.parse(data as string) as Answer));
}
