/**
 * The port the gateway listens on, for itself alone: uWebSockets shares a port between processes
 * unless told not to, and two exchanges behind one port would each get half of the orders.
 */
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
