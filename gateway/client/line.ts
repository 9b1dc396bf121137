/**
 * The line to the exchange: one socket at a time, opened again with growing, jittered pauses when it
 * ends, logged on before it counts as online, and given up when it says nothing for a while.
 *
 * It never sends anything twice: what was under way when a socket ended fails, and its caller knows.
 */
import { ExchangeError, localError } from "./errors.ts";
import { pauseMs } from "./pause.ts";
import { logonParams, type Signer } from "./signer.ts";
import type { ErrorBody, Push } from "./wire.ts";

/** A WebSocket, as far as we use it: browsers' and Node's own, or a test's. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly reason: string }) => void): void;
}

/**
 * Nobody; a key that signs each logon; or a session: `open` is called before each socket, makes or
 * keeps the cookie that the socket will carry, and says whose it is (null: nobody's).
 */
export type Credentials =
  | { readonly kind: "none" }
  | { readonly kind: "key"; readonly signer: Signer }
  | { readonly kind: "session"; readonly open: () => Promise<string | null> };

export interface Connection {
  readonly phase: "connecting" | "online" | "waiting" | "closed";
  /** Since when, by this machine's clock. */
  readonly sinceMs: number;
  /** When the exchange was last heard, while a line that was there is lost; null: it never was, or is. */
  readonly lostAtMs: number | null;
  /** Failed tries in a row. */
  readonly attempt: number;
  /** When the next try begins, while waiting. */
  readonly retryAtMs: number | null;
  /** Why the last socket ended: the exchange's word, `SILENT`, `LOST`, or a refused logon's code. */
  readonly reason: string | null;
  /** Logged on as. */
  readonly account: string | null;
  /** How often the line came to be online. */
  readonly sessions: number;
}

export interface LineOptions {
  /** Where the exchange is: `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly makeSocket?: (url: string) => SocketLike;
  readonly random?: () => number;
  /** Silence after which a socket is given up; the exchange speaks each second. */
  readonly silenceMs?: number;
}

export interface LineListener {
  /** Logged on, if there is somebody to log on. */
  online(): void;
  /** Nothing that was sent will be answered any more. */
  down(): void;
  push(push: Push): void;
  /** Of what was asked, these names are not known to the exchange. */
  ignored(method: string, names: readonly string[]): void;
  changed(connection: Connection): void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ExchangeError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

interface Answer {
  readonly method: string;
  readonly req_id: number | null;
  readonly success: boolean;
  readonly result?: unknown;
  readonly error?: ErrorBody;
  readonly time_out: string;
  readonly ignored?: readonly string[];
}

const SILENCE_MS = 4_000;
const ANSWER_MS = 10_000;
const CONNECT_MS = 8_000;
const WATCH_MS = 500;

export class Line {
  readonly #options: LineOptions;
  readonly #listener: LineListener;
  readonly #pending = new Map<number, Pending>();
  #credentials: Credentials;
  #connection: Connection;
  #socket: SocketLike | undefined;
  #nextId = 1;
  #heardMs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #clockAheadMs = 0;

  constructor(options: LineOptions, listener: LineListener) {
    this.#options = options;
    this.#listener = listener;
    this.#credentials = options.credentials;
    this.#connection = {
      phase: "waiting",
      sinceMs: Date.now(),
      lostAtMs: null,
      attempt: 0,
      retryAtMs: null,
      reason: null,
      account: null,
      sessions: 0,
    };
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** The exchange's clock, as its answers tell it. */
  exchangeNowMs(): number {
    return Date.now() + this.#clockAheadMs;
  }

  open(): void {
    if (this.#connection.phase !== "waiting") return;
    clearTimeout(this.#timer);
    this.#change({ phase: "connecting", retryAtMs: null });
    this.#connect().catch((error: unknown) => this.#lost(reasonOf(error)));
  }

  /** From now on for somebody else: the socket is opened anew. */
  become(credentials: Credentials): void {
    this.#credentials = credentials;
    if (this.#connection.phase === "closed") return;
    this.#drop();
    this.#change({ phase: "waiting", attempt: 0, reason: null, account: null });
    this.open();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#drop();
    this.#change({ phase: "closed", retryAtMs: null, account: null });
  }

  request(method: string, params: object, answerMs = ANSWER_MS): Promise<unknown> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.reject(localError("CLIENT_NOT_CONNECTED", "none"));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(localError("CLIENT_NO_ANSWER", "unknown"));
      }, answerMs);
      this.#pending.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ method, req_id: id, params }));
    });
  }

  async #connect(): Promise<void> {
    const credentials = this.#credentials;
    const account = credentials.kind === "session" ? await credentials.open() : null;
    if (credentials !== this.#credentials || this.#connection.phase !== "connecting") return;
    const make = this.#options.makeSocket ?? ((url) => new WebSocket(url) as SocketLike);
    const socket = make(`${this.#options.url.replace(/^http/, "ws")}/v1/ws`);
    this.#socket = socket;
    this.#heardMs = performance.now() + CONNECT_MS - this.#silenceMs;
    this.#watch = setInterval(() => this.#listen(), WATCH_MS);
    socket.addEventListener("open", () => {
      this.#logOn(socket, credentials, account).catch((error: unknown) => {
        if (socket === this.#socket) this.#lost(reasonOf(error));
      });
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket && typeof data === "string") this.#receive(data);
    });
    socket.addEventListener("close", ({ reason }) => {
      if (socket === this.#socket) this.#lost(reason === "" ? "LOST" : reason);
    });
    socket.addEventListener("error", () => {}); // what went wrong comes with the close that follows
  }

  async #logOn(
    socket: SocketLike,
    credentials: Credentials,
    account: string | null,
  ): Promise<void> {
    let name = account;
    if (credentials.kind === "key") {
      const params = await logonParams(credentials.signer);
      if (socket !== this.#socket) return;
      const result = await this.request("session.logon", params);
      name = (result as { account: string }).account;
    }
    if (socket !== this.#socket) return;
    this.#heardMs = performance.now();
    const sessions = this.#connection.sessions + 1;
    this.#change({ phase: "online", attempt: 0, reason: null, account: name, sessions });
    this.#listener.online();
  }

  #receive(text: string): void {
    this.#heardMs = performance.now();
    const message = JSON.parse(text) as Push | Answer;
    if ("channel" in message) return this.#listener.push(message);
    const pending = this.#pending.get(message.req_id ?? -1);
    if (pending === undefined) return;
    this.#pending.delete(message.req_id!);
    clearTimeout(pending.timer);
    this.#clockAheadMs = Date.parse(message.time_out) - Date.now();
    if (message.ignored !== undefined) this.#listener.ignored(message.method, message.ignored);
    if (message.success) pending.resolve(message.result);
    else pending.reject(new ExchangeError(message.error!));
  }

  get #silenceMs(): number {
    return this.#options.silenceMs ?? SILENCE_MS;
  }

  #listen(): void {
    if (performance.now() - this.#heardMs > this.#silenceMs) this.#lost("SILENT");
  }

  #lost(reason: string): void {
    if (this.#connection.phase === "closed") return;
    this.#drop();
    const attempt = this.#connection.attempt + 1;
    const waitMs = pauseMs(attempt, (this.#options.random ?? Math.random)());
    const retryAtMs = Date.now() + waitMs;
    this.#change({ phase: "waiting", attempt, retryAtMs, reason, account: null });
    this.#timer = setTimeout(() => this.open(), waitMs);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(localError("CLIENT_CONNECTION_LOST", "unknown"));
    }
    this.#pending.clear();
    if (this.#connection.phase === "online") this.#listener.down();
  }

  #lostAtMs(phase: Connection["phase"] | undefined): number | null {
    const before = this.#connection;
    if (phase === "online") return null;
    if (before.phase !== "online" || phase === undefined) return before.lostAtMs;
    return Math.round(Date.now() - Math.max(0, performance.now() - this.#heardMs));
  }

  #change(part: Partial<Connection>): void {
    const before = this.#connection;
    const sinceMs = part.phase === before.phase ? before.sinceMs : Date.now();
    this.#connection = { ...before, sinceMs, lostAtMs: this.#lostAtMs(part.phase), ...part };
    this.#listener.changed(this.#connection);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ExchangeError ? error.code : "LOST";
}
