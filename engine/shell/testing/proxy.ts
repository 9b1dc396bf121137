/**
 * A broker's address with somebody in between who meddles: an answer that is lost after the record
 * was appended, a request that never arrives, or arrives when nobody waits for it any more.
 */
import { createServer, type Socket, connect } from "node:net";

/** What becomes of the next append that passes. */
export type Fate =
  | "answer lost" // appended, and the connection breaks before that is told
  | "request lost" // never arrives
  | "request late"; // the connection breaks; it arrives with `release`

export interface Proxy {
  /** HOST:PORT that leads to the broker. */
  readonly address: string;
  meddle(fate: Fate): void;
  /** The same for every append, until null. */
  meddleAlways(fate: Fate | null): void;
  /** Lets what was held back arrive, and waits until it was answered. */
  release(): Promise<void>;
  /** Breaks every connection there is. */
  cut(): void;
  close(): Promise<void>;
}

const PRODUCE = 0;

export async function startProxy(port: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const late: (() => Promise<void>)[] = [];
  const fates: Fate[] = [];
  let always: Fate | null = null;

  const server = createServer((client) => {
    const broker = connect({ port, host: "127.0.0.1", noDelay: true });
    client.setNoDelay(true);
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    let isMeddled = false;
    broker.on("data", (bytes) => {
      if (!isMeddled) client.write(bytes);
    });
    broker.on("close", () => client.destroy());
    client.on("close", () => {
      if (!isMeddled) broker.destroy();
    });

    function pass(request: Buffer): void {
      const fate = request.readInt16BE(4) === PRODUCE ? (always ?? fates.shift()) : undefined;
      if (fate === undefined) {
        broker.write(request);
        return;
      }
      isMeddled = true;
      const answered = new Promise<void>((resolve) => broker.once("data", () => resolve()));
      const arrive = async (): Promise<void> => {
        broker.write(request);
        await answered;
        broker.destroy();
      };
      if (fate === "answer lost") void arrive();
      else if (fate === "request late") late.push(arrive);
      if (fate === "request late")
        client.destroy(); // the broker's side stays open
      else if (fate === "request lost") broker.destroy();
    }

    let unread = Buffer.alloc(0);
    client.on("data", (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      while (unread.length >= 4 && unread.length >= 4 + unread.readInt32BE(0)) {
        const end = 4 + unread.readInt32BE(0);
        if (!isMeddled) pass(unread.subarray(0, end));
        unread = unread.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    meddle: (fate) => void fates.push(fate),
    meddleAlways: (fate) => void (always = fate),
    release: async () => {
      for (const arrive of late.splice(0)) await arrive();
    },
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
