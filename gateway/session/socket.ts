/**
 * The sockets of the exchange: upgrade, open, message, drain, close, and the clocks that run over all
 * of them (flush, ping, heartbeat, planned shutdown). The first file an order passes through.
 *
 * uWebSockets lets go of a message's buffer and of a request when the handler returns: both are read
 * before that. Nothing here throws into it: an uncaught throw would end the process.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from "uWebSockets.js";
import type { Networks } from "../addresses.ts";
import { CODES, type Code, errorMembers } from "../errors.ts";
import type { Encoding } from "../frames/outbox.ts";
import type { Market } from "../market-data/market.ts";
import type { ApiKey } from "../registry/identity.ts";
import { whence } from "../rest/server.ts";
import { nowUs } from "../written-forms.ts";
import type { Demonstration } from "./demonstration.ts";
import { addOne, type SessionCounts } from "./counts.ts";
import { dispatch, dispatchBinary, type DispatchParts, malformed } from "./dispatch.ts";
import { FlushQueue } from "./flush-queue.ts";
import { writeHeartbeat } from "./heartbeat.ts";
import type { SessionLimits } from "./limits.ts";
import { CloseCode, type Hub, Session, type Socket, type SocketData } from "./session.ts";

/** Frames up to here reach us, so that a close can carry its code; beyond, uWebSockets cuts the line. */
const PAYLOAD_MAX = 1024 * 1024;
/** uWebSockets' own words when it does so. */
const CUT_FOR_SIZE = "Received too big message";
/** Never reached: our own bound closes a slow reader long before uWebSockets would drop a message. */
const BACKPRESSURE_MAX = 64 * 1024 * 1024;
/**
 * The most it takes. Our pings are answered every two seconds, so it is never reached; but a quarter
 * minute of it, the most there is, is how long a socket we have closed may take to read why. With
 * none at all uWebSockets allows between 0 and 4 s, then cuts the line (1006).
 */
const IDLE_S = 960;
/** uWebSockets' DISABLED, which its declarations have as a type only: it would cost 45 times the memory. */
const NO_COMPRESSION = 0;
/** How often a planned shutdown looks whether a reader has caught up. */
const DRAIN_LOOK_MS = 10;
/** Answers that do not wait until a socket has been heard to its end: two fit uWebSockets' buffer. */
const ANSWERS_BYTES = 7 * 1024;
/** Pings and heartbeats go to an eighth of the sockets at a time, so that none blocks the loop. */
const SLICES = 8;
const HEARTBEAT_MS = 1_000;
/** A turn of the loop that is later than this by our own doing: then nobody else is late. */
const STOOD_STILL_MS = 1_000;
const US_PER_MS = 1_000;

export interface SocketParts extends DispatchParts {
  readonly limits: SessionLimits;
  readonly market: Market;
  /** Origins of pages that may connect besides our own. */
  readonly origins: readonly string[];
  /** Proxies whose X-Forwarded-For is believed. */
  readonly proxies: Networks;
  readonly demonstration: Demonstration;
}

export class Sockets implements Hub {
  readonly limits: SessionLimits;
  readonly #parts: SocketParts;
  readonly #sessions = new Set<Session>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #queue = new FlushQueue();
  #nextId = 1;
  #pingedMs = 0;
  /** Whose message came last, and by which socket. */
  #speaks: Session | undefined;
  #speaksOn: Socket | undefined;
  /** When what it says was read; not a number once the turn is over. */
  #readUs = Number.NaN;
  readonly #endTurn = (): void => {
    this.#readUs = Number.NaN;
  };

  constructor(parts: SocketParts) {
    this.#parts = parts;
    this.limits = parts.limits;
  }

  get count(): number {
    return this.#sessions.size;
  }

  attach(app: TemplatedApp): void {
    app.ws<SocketData>("/v1/ws", {
      maxPayloadLength: PAYLOAD_MAX,
      maxBackpressure: BACKPRESSURE_MAX,
      closeOnBackpressureLimit: false,
      compression: NO_COMPRESSION,
      idleTimeout: IDLE_S,
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => {
        response.onAborted(() => {}); // answered before it returns, so nothing is left to stop
        try {
          this.#upgrade(response, request, context);
        } catch (error) {
          this.#parts.logger.error({ err: error }, "an upgrade failed by our mistake");
          response.close();
        }
      },
      open: (socket) => this.#open(socket),
      message: (socket, message, isBinary) => this.#guarded(socket, message, isBinary),
      drain: (socket) => socket.getUserData().session?.drained(),
      pong: (socket) => {
        const { session } = socket.getUserData();
        if (session === undefined) return;
        this.#heard(session);
      },
      close: (socket, code, reason) => {
        const words = code === CloseCode.ABNORMAL ? Buffer.from(reason).toString() : "";
        this.#closed(socket, words === CUT_FOR_SIZE);
      },
    });
    this.#pingedMs = performance.now();
    let pinged = 0;
    let beaten = 0;
    this.#timers.push(
      setInterval(() => this.#ping(pinged++ % SLICES), this.limits.pingEveryMs / SLICES),
      setInterval(() => this.#heartbeat(beaten++ % SLICES), HEARTBEAT_MS / SLICES),
      setInterval(() => this.#tellSeen([...this.#sessions]), this.limits.guestsSeenEveryMs),
    );
  }

  needsFlush(session: Session): void {
    this.#queue.add(session);
  }

  /** Writes now what would be written before this turn ends. */
  flush(): void {
    this.#queue.flush();
  }

  get counts(): SessionCounts {
    return this.#parts.metrics.sessions;
  }

  /** Topics that are listened to, over all sockets, and sockets that read more slowly than we write. */
  load(): { subscriptions: number; behind: number } {
    let [subscriptions, behind] = [0, 0];
    for (const session of this.#sessions) {
      subscriptions += session.topics.size;
      if (session.isBehind) behind++;
    }
    return { subscriptions, behind };
  }

  slowReaderClosed(session: Session, why: string): void {
    this.#parts.metrics.slowReadersClosed++;
    this.#parts.logger.warn({ session: session.id, address: session.address, why }, "slow reader");
  }

  /** Who was logged on by this speaks no more: its key was revoked, its session ended. */
  closeKey(key: string, why: "KEY_REVOKED" | "SESSION_ENDED"): void {
    for (const session of this.#sessions) {
      if (session.key?.key === key) session.close(CloseCode.POLICY, why);
    }
  }

  /** Who is logged on by it may from now on what it may: elsewhere, longer, trade or not. */
  keyChanged(id: string, key: ApiKey | undefined): void {
    if (key === undefined) return this.closeKey(id, "KEY_REVOKED");
    for (const session of this.#sessions) {
      if (session.key?.key !== id) continue;
      if (key.addresses?.has(session.address) === false) {
        session.close(CloseCode.POLICY, "ADDRESS_NOT_ALLOWED");
      } else session.key = key;
    }
  }

  hasAccount(accountId: number): boolean {
    for (const { key } of this.#sessions) if (key?.account.account_id === accountId) return true;
    return false;
  }

  /**
   * Planned shutdown: everyone is closed with 1012 at a moment of its own, so that not all return at
   * once; who is behind has as long again to read what was said to it.
   */
  async closeAll(): Promise<void> {
    this.flush();
    const spreadMs = this.limits.shutdownSpreadMs;
    const untilMs = performance.now() + 2 * spreadMs;
    const close = async (session: Session): Promise<void> => {
      await sleep(Math.random() * spreadMs);
      while (session.behind && !session.closed && performance.now() < untilMs) {
        await sleep(DRAIN_LOOK_MS);
      }
      session.close(CloseCode.RESTART, "SHUTTING_DOWN");
    };
    await Promise.all([...this.#sessions].map(close));
    for (const timer of this.#timers) clearInterval(timer);
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const refused = this.#mayNotConnect(request);
    if (refused !== undefined) {
      addOne(this.counts.refused, refused);
      const { status, message } = CODES[refused];
      const members = errorMembers({ code: refused }, this.#parts.nextRequestId());
      const problem = `{"type":"about:blank","title":"${refused}","status":${status}`;
      response
        .writeStatus(String(status))
        .writeHeader("Content-Type", "application/problem+json")
        .end(`${problem},"detail":${JSON.stringify(message)},${members}}`);
      return;
    }
    const header = (name: string): string => request.getHeader(name);
    const { address, loopback } = whence(response, request, this.#parts.proxies);
    const visitor = { loopback, header };
    const caller = this.#parts.demonstration.caller(visitor, Date.now());
    const encoding = encodingOf(request) ?? "json"; // it was looked at already
    const data: SocketData = { session: undefined, address, encoding, caller };
    response.upgrade(
      data,
      request.getHeader("sec-websocket-key"),
      request.getHeader("sec-websocket-protocol"),
      request.getHeader("sec-websocket-extensions"),
      context,
    );
  }

  #mayNotConnect(request: HttpRequest): Code | undefined {
    const { state } = this.#parts.status;
    if (state === "starting") return "STARTING";
    if (state === "shutting_down") return "SHUTTING_DOWN";
    if (this.#sessions.size >= this.limits.socketsMax) return "TOO_MANY_SOCKETS";
    if (encodingOf(request) === undefined) return "UNSUPPORTED_ENCODING";
    const origin = request.getHeader("origin");
    return isOwnOrigin(origin, request.getHeader("host"), this.#parts.origins)
      ? undefined
      : "ORIGIN_REFUSED";
  }

  #open(socket: Socket): void {
    const session = new Session(this.#nextId++, socket, this);
    socket.getUserData().session = session;
    this.#sessions.add(session);
    this.#tellSeen([session]);
  }

  /** Whoever holds an account by a cookie is here. */
  #tellSeen(sessions: readonly Session[]): void {
    const ids = new Set(sessions.flatMap(({ key }) => key?.account.account_id ?? []));
    if (ids.size > 0) void this.#parts.demonstration.seen(ids, Date.now());
  }

  /** A throw would go through uWebSockets and end the process: our mistake ends one socket instead. */
  #guarded(socket: Socket, message: ArrayBuffer, isBinary: boolean): void {
    try {
      this.#message(socket, message, isBinary);
    } catch (error) {
      const { session } = socket.getUserData();
      session?.close(CloseCode.INTERNAL, "INTERNAL");
      const about = { session: session?.id, err: error };
      this.#parts.logger.error(about, "a frame failed by our mistake");
    }
  }

  #message(socket: Socket, message: ArrayBuffer, isBinary: boolean): void {
    // Who speaks goes on for a while: to ask uWebSockets who it is costs a call into it.
    const session = socket === this.#speaksOn ? this.#speaks : socket.getUserData().session;
    if (session === undefined || session.closed) return;
    const { metrics, logger } = this.#parts;
    metrics.framesIn++;
    this.#nowSpeaks(session, socket);
    this.#heard(session);
    if (message.byteLength > this.limits.frameBytesMax) {
      metrics.framesTooLarge++;
      logger.warn(
        { session: session.id, code: "FRAME_TOO_LARGE", bytes: message.byteLength },
        "closed",
      );
      return session.close(CloseCode.TOO_LARGE, "FRAME_TOO_LARGE");
    }
    if (isBinary !== (session.encoding === "proto")) {
      malformed(this.#parts, session, { code: "UNSUPPORTED_ENCODING" });
    } else if (isBinary)
      dispatchBinary(this.#parts, session, new Uint8Array(message), this.#readUs);
    else dispatch(this.#parts, session, Buffer.from(message).toString("utf8"), this.#readUs);
    session.flushFrom(ANSWERS_BYTES);
  }

  /** Who speaks is there, whatever he says: his pong may wait behind all that he said before. */
  #heard(session: Session): void {
    session.pingSentMs = 0;
    if (session.leash !== undefined) this.#parts.deadMan.heard(session.leash);
  }

  /**
   * One socket's messages come one after the other, as many as the system had buffered: when another
   * one speaks, it has what it asked for at once answered, however long this turn may still take. They
   * came in together, too: the clock is asked once for all of them.
   */
  #nowSpeaks(session: Session, socket: Socket): void {
    const isNewTurn = Number.isNaN(this.#readUs);
    if (isNewTurn) setImmediate(this.#endTurn);
    else if (this.#speaks === session) return;
    this.#readUs = nowUs();
    if (this.#speaks === session) return;
    this.#speaks?.flushFrom(0);
    this.#speaks = session;
    this.#speaksOn = socket;
  }

  #closed(socket: Socket, wasTooLarge: boolean): void {
    const { session } = socket.getUserData();
    if (session === undefined) return;
    if (wasTooLarge) {
      this.#parts.metrics.framesTooLarge++;
      this.#parts.logger.warn({ session: session.id, code: "FRAME_TOO_LARGE" }, "cut");
    }
    addOne(this.counts.closed, wasTooLarge ? "FRAME_TOO_LARGE" : session.endedBy);
    session.forget();
    if (this.#speaks === session) {
      this.#speaks = undefined;
      this.#speaksOn = undefined;
    }
    if (session.leash !== undefined) this.#parts.deadMan.closed(session.leash);
    this.#sessions.delete(session);
  }

  /**
   * After a time in which we heard nobody (the process was stopped, the machine slept) timers run before
   * sockets are read: pongs that lie there unread are not late, and nobody's orders end for our pause.
   */
  #ping(slice: number): void {
    const nowMs = performance.now();
    const lateMs = nowMs - this.#pingedMs - this.limits.pingEveryMs / SLICES;
    this.#pingedMs = nowMs;
    if (lateMs > STOOD_STILL_MS) {
      for (const session of this.#sessions) session.excuse(lateMs);
      this.#parts.logger.warn({ ms: Math.round(lateMs) }, "this process stood still");
    }
    for (const session of this.#sessions) {
      if (session.id % SLICES === slice) session.ping(nowMs);
    }
  }

  #heartbeat(slice: number): void {
    const stampUs = nowUs();
    const { market } = this.#parts;
    for (const session of this.#sessions) {
      if (session.id % SLICES !== slice) continue;
      if (session.key !== undefined && session.key.expiresMs * US_PER_MS <= stampUs) {
        session.close(CloseCode.POLICY, "KEY_EXPIRED");
      }
      if (session.closed || !session.heartbeat || session.isBehind) continue;
      session.push(writeHeartbeat(session.topics, market, stampUs));
    }
  }
}

/** What the socket's URL asks for; undefined: nothing that is spoken here. */
function encodingOf(request: HttpRequest): Encoding | undefined {
  const asked = request.getQuery("encoding") ?? "json";
  return asked === "json" || asked === "proto" ? asked : undefined;
}

/** No origin (not a browser), our own pages, or one that was allowed. */
function isOwnOrigin(origin: string, host: string, allowed: readonly string[]): boolean {
  if (origin === "" || allowed.includes(origin)) return true;
  return origin === `http://${host}` || origin === `https://${host}`;
}
