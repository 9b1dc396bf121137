/**
 * A WebSocket client for tests: requests by number, pushes in order, and waiting for either.
 */
import { expect } from "@jest/globals";
import { WebSocket } from "ws";
import { ByteWriter } from "../frames/byte-writer.ts";
import { writeText } from "../frames/encode.ts";
import type { Encoding } from "../frames/outbox.ts";
import { decodeFrame, encodeFrame } from "./binary.ts";
import { type Message, signLogon, type TestExchange, type TestKey } from "./exchange.ts";

/** Long: a busy machine is no reason to fail. Counted in looks, for one that stood still is none either. */
const WAIT_MS = 50_000;
const LOOK_MS = 1_000;

export interface Trader {
  readonly socket: WebSocket;
  readonly pushes: Message[];
  /** Everything that came, answers and pushes. */
  readonly messages: Message[];
  readonly closed: Promise<{ code: number; reason: string }>;
  request(method: string, params?: object): Promise<Message>;
  /** The n-th push (from 0) of a channel, and of a symbol if given, as soon as it is there. */
  push(channel: string, at: number, symbol?: string): Promise<Message>;
  /** The first message that fits, as soon as it is there. */
  until(found: (message: Message) => boolean): Promise<Message>;
  close(): void;
}

export async function connect(
  exchange: Pick<TestExchange, "url">,
  key?: TestKey,
  encoding: Encoding = "json",
  waitMs = WAIT_MS,
): Promise<Trader> {
  const base = exchange.url.replace("http", "ws");
  const socket = new WebSocket(`${base}/v1/ws${encoding === "json" ? "" : "?encoding=proto"}`);
  const messages: Message[] = [];
  const pushes: Message[] = [];
  const listeners = new Set<() => void>();
  const answers = new Map<unknown, (message: Message) => void>();
  socket.on("message", (data, isBinary) => {
    for (const message of isBinary
      ? readFrame(data as Buffer)
      : readText((data as Buffer).toString())) {
      messages.push(message);
      answers.get(message.req_id)?.(message);
      answers.delete(message.req_id);
      if (message.channel !== undefined) pushes.push(message);
    }
    for (const listener of listeners) listener();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {}); // 'close' follows
  const until = (found: (message: Message) => boolean): Promise<Message> =>
    new Promise((resolve, reject) => {
      let looked = 0;
      const look = (): void => {
        let message: Message | undefined;
        while (message === undefined && looked < messages.length) {
          const next = messages[looked++]!;
          if (found(next)) message = next;
        }
        if (message === undefined) return;
        giveUp.cancel();
        listeners.delete(look);
        resolve(message);
      };
      const giveUp = afterWaiting(waitMs, () => {
        listeners.delete(look);
        reject(new Error(`not seen; came: ${JSON.stringify(messages.slice(-5), null, 1)}`));
      });
      listeners.add(look);
      look();
    });
  let next = 1;
  const trader: Trader = {
    socket,
    pushes,
    messages,
    closed,
    until,
    request: (method, params = {}) => {
      const id = next++;
      return new Promise((resolve, reject) => {
        const late = (): void => reject(new Error(`${method}: no answer`));
        const giveUp = afterWaiting(waitMs, late);
        answers.set(id, (message) => {
          giveUp.cancel();
          resolve(message);
        });
        const asked = { method, req_id: id, params };
        socket.send(encoding === "json" ? JSON.stringify(asked) : encodeFrame(asked));
      });
    },
    push: async (channel, at, symbol) => {
      const fits = (each: Message): boolean =>
        each.channel === channel && (symbol === undefined || each.symbol === symbol);
      await until(() => pushes.filter(fits).length > at);
      return pushes.filter(fits)[at]!;
    },
    close: () => socket.close(),
  };
  if (key !== undefined) {
    const answer = await trader.request("session.logon", signLogon(key));
    if (!answer.success) throw new Error(`logon refused: ${JSON.stringify(answer)}`);
  }
  return trader;
}

/** Calls `late` when so much time was there to be used. */
function afterWaiting(waitMs: number, late: () => void): { cancel(): void } {
  let looks = Math.ceil(waitMs / LOOK_MS);
  const timer = setInterval(() => {
    if (--looks > 0) return;
    clearInterval(timer);
    late();
  }, LOOK_MS);
  return { cancel: () => clearInterval(timer) };
}

/** Updates whose prev_seq is not the seq before them on that channel, symbol and shard. */
export function chainsOf(trader: Trader): { links: number; breaks: Message[] } {
  const last = new Map<string, number>();
  const breaks: Message[] = [];
  let links = 0;
  for (const push of trader.pushes) {
    if (push.channel === "heartbeat") continue;
    const name = `${push.channel} ${push.symbol} ${push.shard}`;
    if (push.type === "update") {
      links++;
      if (push.prev_seq !== last.get(name) || push.seq <= push.prev_seq) breaks.push(push);
    }
    last.set(name, push.seq);
  }
  return { links, breaks };
}

function readFrame(bytes: Buffer): readonly Message[] {
  return decodeFrame(bytes) as unknown as Message[];
}

/** Whatever is said in JSON has to be there in bytes, too, and mean the same. */
function readText(text: string): readonly Message[] {
  const message = JSON.parse(text) as Message;
  const to = new ByteWriter();
  writeText(to, text);
  // A method that is none has a name in JSON only.
  const named = message.error?.code === "UNKNOWN_METHOD" ? { ...message, method: "" } : message;
  // Limits are whole; only tests have some of less than one a second, so that nothing comes back.
  const { limits } = message;
  const whole = { ...limits, per_second: Math.trunc(limits?.per_second ?? 0) };
  const same = limits === undefined ? named : { ...named, limits: whole };
  expect(decodeFrame(to.bytes.subarray(0, to.at))).toEqual([same]);
  return [message];
}
