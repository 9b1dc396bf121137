/**
 * A line between browser and exchange that a test can cut, and lead to another exchange. What the
 * browser says of its own address is rewritten to the exchange's: an account is given away only there.
 */
import { connect, createServer, type Socket } from "node:net";

export interface Line {
  /** What the browser opens. */
  readonly url: string;
  /** Ends every connection and takes no new one, until `mend`. */
  cut(): void;
  /** `url` is where the exchange listens now. */
  mend(url: string): void;
  close(): Promise<void>;
}

export async function makeLine(exchangeUrl: string): Promise<Line> {
  const open = new Set<Socket>();
  let target: URL | undefined = new URL(exchangeUrl);
  const server = createServer((near) => {
    if (target === undefined) {
      near.destroy();
      return;
    }
    const there = target.host;
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on("error", () => {}); // 'close' follows
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
    far.pipe(near);
    near.on("data", (chunk) => {
      // The heads of requests come whole; frames of a socket are masked and say no address.
      far.write(chunk.toString("latin1").replaceAll(here, there), "latin1");
    });
    near.on("end", () => far.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const here = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const cut = (): void => {
    target = undefined;
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://${here}`,
    cut,
    mend: (url) => (target = new URL(url)),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
