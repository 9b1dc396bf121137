/**
 * Ports for servers that are told theirs: before they are started, or once more after they were killed.
 * They lie below those that the system hands out by itself (from 32768 on Linux, from 49152 elsewhere), so
 * that nobody who asks it for any port, or connects to somebody, gets one of them meanwhile; and each
 * process begins at a place of its own among them, as test files run side by side.
 */
import { createServer } from "node:net";

const FIRST = 20_000;
const PROCESSES = 64;
const PORTS_EACH = 192;

let given = Math.floor(Math.random() * PORTS_EACH);

/** Ports that are free now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > PORTS_EACH) throw new Error(`no ${count} ports are free`);
    const port = FIRST + (process.pid % PROCESSES) * PORTS_EACH + (given++ % PORTS_EACH);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}
