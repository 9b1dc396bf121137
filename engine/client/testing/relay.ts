/** An address that leads to another, until it is frozen: then connections stay and nothing passes. */
import { connect, createServer, type Socket } from "node:net";

export interface Relay {
  readonly address: string;
  freeze(isFrozen: boolean): void;
  close(): Promise<void>;
}

export async function startRelay(to: string): Promise<Relay> {
  const [host = "", port = ""] = to.split(":");
  const sockets = new Set<Socket>();
  let isFrozen = false;
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port: Number(port), noDelay: true });
    const ends: readonly [Socket, Socket][] = [
      [near, far],
      [far, near],
    ];
    for (const [from, other] of ends) {
      sockets.add(from);
      from.on("data", (bytes) => void other.write(bytes));
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        other.destroy();
      });
      if (isFrozen) from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    freeze: (frozen) => {
      isFrozen = frozen;
      for (const socket of sockets) {
        if (frozen) socket.pause();
        else socket.resume();
      }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
