/** A line between browser and exchange that a test can cut, and lead to another exchange. */
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
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const cut = (): void => {
    target = undefined;
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    mend: (url) => (target = new URL(url)),
    close: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
