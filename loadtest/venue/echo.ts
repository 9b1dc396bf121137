/**
 * What sockets alone cost on this machine: the bare server that the exchange is built on, sending back
 * what it is sent. A process of its own: prints its port, ends with its standard input.
 */
import { App, us_listen_socket_close, us_socket_local_port } from "uWebSockets.js";

const app = App().ws("/*", {
  maxPayloadLength: 1024 * 1024,
  idleTimeout: 0,
  message: (socket, message, isBinary) => void socket.send(message, isBinary),
});
app.listen("127.0.0.1", 0, (listening) => {
  if (listening === false) throw new Error("the echo server cannot listen");
  process.stdout.write(`${us_socket_local_port(listening)}\n`);
  process.stdin.on("end", () => {
    us_listen_socket_close(listening);
    app.close();
    process.exit(0);
  });
  process.stdin.resume();
});
