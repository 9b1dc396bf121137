/**
 * `npm run loadtest -- order-entry`, …: what the exchange does under load, measured from outside. Wiring
 * only.
 */
import { parseArgs } from "node:util";
import { runConnections } from "./connections/run.ts";
import { runOrderEntry } from "./order-entry/run.ts";
import { JSON_ORDERS } from "./wire/order-frames.ts";

const USAGE = `npm run loadtest -- order-entry [--json] [--connections 50] [--depth 16] [--seconds 20] [--rounds 5]

npm run loadtest -- connections [--json] [--connections 1000] [--seconds 30] [--instruments 1000]
                               [--books 2] [--orders-per-s 1000]

  order-entry   orders a second and the time of one, as shares of a bare server's echo and a sync
  connections   thousands of readers of books, some of them slow, while orders come

  --json            ends with one line of JSON
  --url URL         an exchange that runs already, with --data DIR for its admin.token; else one is
                    started, and thrown away afterwards
  --directory DIR   on whose disk that one keeps its journal (the system's folder for such)
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      url: { type: "string" },
      data: { type: "string" },
      directory: { type: "string" },
      connections: { type: "string" },
      depth: { type: "string", default: "16" },
      seconds: { type: "string" },
      rounds: { type: "string", default: "5" },
      instruments: { type: "string", default: "1000" },
      books: { type: "string", default: "2" },
      "orders-per-s": { type: "string" },
      singles: { type: "string", default: "400" },
    },
  });
  const place = { url: values.url, data: values.data, directory: values.directory, progress };
  const tell = (figures: object): void => {
    const rows = Object.entries(figures).map(([name, value]) => `${name.padEnd(26)} ${value}`);
    process.stdout.write(`${rows.join("\n")}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  };
  if (positionals[0] === "order-entry") {
    const figures = await runOrderEntry({
      ...place,
      encoding: JSON_ORDERS,
      connections: whole("connections", values.connections ?? "50"),
      depth: whole("depth", values.depth),
      seconds: whole("seconds", values.seconds ?? "20"),
      rounds: whole("rounds", values.rounds),
      singles: whole("singles", values.singles),
    });
    return tell(figures);
  }
  if (positionals[0] === "connections") {
    const { figures } = await runConnections({
      ...place,
      encoding: JSON_ORDERS,
      connections: whole("connections", values.connections ?? "1000"),
      seconds: whole("seconds", values.seconds ?? "30"),
      instruments: whole("instruments", values.instruments),
      booksEach: whole("books", values.books),
      ordersPerS: whole("orders-per-s", values["orders-per-s"] ?? "1000"),
      pausedShare: 0.01,
      pauseMs: 20_000,
      storm: false,
    });
    return tell(figures);
  }
  process.stdout.write(USAGE);
  process.exitCode = positionals.length === 0 ? 0 : 2;
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`--${name} is a whole number from 1 on, not "${text}"`);
  }
  return value;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
