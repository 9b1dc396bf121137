/**
 * One WebSocket to the exchange, for a client that sends much: what is sent in one turn of the event
 * loop leaves in one write. Answers come back by request id: numbers to the one listener, for the many;
 * texts to whoever waits, for the few. It never sends anything again by itself.
 */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { WebSocket } from "ws";
import { Failure, wordsOf } from "../errors.ts";
import { type Problem, problemWords, Refused } from "../exchange.ts";

const OPEN_TIMEOUT_MS = 10_000;
/** How long the exchange may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface Answer {
  readonly req_id: number | string;
  readonly success: boolean;
  readonly result?: Record<string, unknown>;
  readonly error?: Problem & {
    readonly retryable: boolean;
    readonly retry_after_ms?: number;
    readonly execution?: "none" | "unknown";
  };
}

export interface Push {
  readonly channel: string;
  readonly type: "snapshot" | "update";
  readonly symbol: string;
  readonly seq: number;
  readonly prev_seq: number;
  readonly data: unknown;
}

export interface Listener {
  /** Of a request that was sent with a number. */
  onAnswer(answer: Answer): void;
  onPush(push: Push): void;
  /** The connection is gone, and nobody here closed it. */
  onLost(why: string): void;
}

export interface Connection {
  /** Sends a whole request, at the end of this turn of the event loop at the latest. */
  send(text: string): void;
  /** The result of one request; throws `Refused` with what the exchange said. */
  request(method: string, params: object): Promise<Record<string, unknown>>;
  /** How many messages came so far. */
  heard(): number;
  close(): void;
}

export async function connect(url: string, listener: Listener): Promise<Connection> {
  const { socket, wire } = await open(`${url.replace(/^http/, "ws")}/v1/ws`);
  const waiting = new Map<string, (answer: Answer | string) => void>();
  let isClosing = false;
  let isCorked = false;
  let requests = 0;
  let heard = 0;

  socket.on("error", () => {}); // 'close' follows
  socket.on("close", (code, reason) => {
    const words = reason.length > 0 ? `${code}, ${reason.toString()}` : String(code);
    for (const settle of waiting.values()) settle(words);
    waiting.clear();
    if (!isClosing) listener.onLost(words);
  });
  socket.on("message", (data) => {
    heard++;
    const message = JSON.parse((data as Buffer).toString("utf8")) as Answer & Push;
    if (typeof message.req_id === "number") return listener.onAnswer(message);
    if (message.channel !== undefined) return listener.onPush(message);
    const settle = waiting.get(message.req_id);
    waiting.delete(message.req_id);
    settle?.(message);
  });

  function send(text: string): void {
    if (!isCorked) {
      isCorked = true;
      wire.cork();
      setImmediate(uncork);
    }
    socket.send(text);
  }

  function uncork(): void {
    isCorked = false;
    wire.uncork();
  }

  return {
    send,
    request(method, params) {
      const reqId = `r${++requests}`;
      return new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) {
          reject(new Failure("the connection is closed"));
          return;
        }
        waiting.set(reqId, (answer) => {
          if (typeof answer === "string") return reject(new Failure(`connection lost (${answer})`));
          if (answer.success) return resolve(answer.result ?? {});
          const problem = answer.error!;
          const words = `the exchange refused ${method}: ${problemWords(problem)}`;
          reject(new Refused(problem, `${words} (${problem.code})`));
        });
        send(JSON.stringify({ method, req_id: reqId, params }));
      });
    },
    heard: () => heard,
    close() {
      isClosing = true;
      socket.close();
      setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS).unref();
    },
  };
}

/** Opens the socket on a wire of our own making, so that we may cork it. */
async function open(url: string): Promise<{ socket: WebSocket; wire: Socket }> {
  let wire: Socket | undefined;
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "wss:";
  const socket = new WebSocket(url, {
    handshakeTimeout: OPEN_TIMEOUT_MS,
    perMessageDeflate: false,
    createConnection: () => {
      wire = isSecure
        ? connectSecurely({ host, port: Number(port || 443), servername: host })
        : connectPlain({ host, port: Number(port || 80) });
      return wire.setNoDelay(true);
    },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", (error) =>
      reject(new Failure(`no exchange answers at ${url} (${wordsOf(error) || "refused"})`)),
    );
  });
  return { socket, wire: wire! };
}
