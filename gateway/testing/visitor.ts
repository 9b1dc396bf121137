/** A browser before a gateway, as far as who it is goes: its headers, its cookie, its socket. */
import { request } from "node:http";
import { WebSocket } from "ws";
import type { Json, TestExchange } from "./exchange.ts";

export interface Answer {
  readonly status: number;
  readonly body: Json;
  /** Name and value, as a browser sends them back. */
  readonly cookie: string;
  readonly attributes: string;
}

type Headers = Record<string, string>;
type Place = Pick<TestExchange, "gateway">;

/** What a page of a host sends. */
export const pageAt = (host: string): Headers => ({ host, origin: `http://${host}` });

/** What a page of this exchange sends, with a cookie it was given, by this exchange or one before. */
export function page({ gateway: { port } }: Place, cookie = ""): Headers {
  const ours = pageAt(`127.0.0.1:${port}`);
  return cookie === "" ? ours : { ...ours, cookie: cookie.replace(/-\d+=/, `-${port}=`) };
}

/** POST asks for a session, DELETE ends it. fetch may set neither Host nor Origin. */
export function askSession(
  { gateway: { port } }: Place,
  headers: Headers,
  method: "POST" | "DELETE" = "POST",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, method, path: "/v1/session", headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk: Buffer) => (text += chunk.toString()));
      answer.on("end", () => {
        const [cookie = "", ...attributes] = (answer.headers["set-cookie"]?.[0] ?? "").split("; ");
        const body = JSON.parse(text) as Json;
        resolve({ status: answer.statusCode!, body, cookie, attributes: attributes.join("; ") });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

export async function openSocket(
  { gateway: { port } }: Place,
  headers: Headers,
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/ws`, { headers });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return socket;
}

/** The answer to one request on a socket of its own. */
export async function askOnce(
  exchange: Place,
  headers: Headers,
  method: string,
  params: object = {},
): Promise<Json> {
  const socket = await openSocket(exchange, headers);
  const answered = new Promise<Json>((resolve) => {
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as Json;
      if ((message.method as unknown) === method) resolve(message);
    });
  });
  socket.send(JSON.stringify({ method, req_id: 1, params }));
  const answer = await answered;
  socket.close();
  return answer;
}
