/**
 * The port the gateway listens on, for itself alone: uWebSockets shares a port between processes
 * unless told not to, and two exchanges behind one port would each get half of the orders.
 */
import { createServer } from "node:net";
import {
  type TemplatedApp,
  us_listen_socket_close,
  type us_listen_socket,
  us_socket_local_port,
} from "uWebSockets.js";

/** uWebSockets' LIBUS_LISTEN_EXCLUSIVE_PORT; its declarations lack both it and this overload. */
const EXCLUSIVE = 1;
type ListenExclusively = (
  host: string,
  port: number,
  options: number,
  callback: (socket: us_listen_socket | false) => void,
) => void;

export interface OpenPort {
  readonly port: number;
  /** Takes no more connections; those that are open stay. */
  stop(): void;
}

/** Resolves to undefined when somebody else has the port, or it may not be had. */
export function openPort(
  app: TemplatedApp,
  host: string,
  port: number,
): Promise<OpenPort | undefined> {
  return new Promise((resolve) => {
    (app.listen as unknown as ListenExclusively).call(app, host, port, EXCLUSIVE, (socket) => {
      if (socket === false) return resolve(undefined);
      let open = true;
      resolve({
        port: us_socket_local_port(socket),
        stop: () => {
          if (open) us_listen_socket_close(socket);
          open = false;
        },
      });
    });
  });
}

export interface NoPort {
  readonly code: "PORT_IN_USE" | "ADDRESS_UNUSABLE";
  readonly message: string;
}

/** Why `openPort` got none: uWebSockets does not say, so the system is asked by another way. */
export async function whyNoPort(host: string, port: number): Promise<NoPort> {
  const error = await bindError(host, port);
  return explain(error === "" ? "EADDRINUSE" : error, host, port);
}

/** null when it could be had now. */
export async function whyUnusable(host: string, port: number): Promise<NoPort | null> {
  const error = await bindError(host, port);
  return error === "" ? null : explain(error, host, port);
}

function explain(error: string, host: string, port: number): NoPort {
  const used = `port ${port} on ${host} is in use: stop what listens there or choose another port`;
  if (error === "EADDRINUSE") return { code: "PORT_IN_USE", message: used };
  const message =
    error === "EACCES"
      ? `port ${port} on ${host} may not be had by this user: choose one above 1023`
      : `${host} is not an address of this machine (${error}): choose one, such as 127.0.0.1`;
  return { code: "ADDRESS_UNUSABLE", message };
}

/** The system's code, empty when the port could be had after all. */
function bindError(host: string, port: number): Promise<string> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve("")));
  });
}
