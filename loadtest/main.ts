/**
 * `npm run loadtest -- order-entry`, …: what the exchange does under load, measured from outside. Wiring
 * only.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runConnections } from "./connections/run.ts";
import type { PhaseFigures } from "./open-loop/generator.ts";
import { runOrderEntry } from "./order-entry/run.ts";
import { runOverload } from "./overload/run.ts";
import { type Profile, PROFILES, runProfile } from "./profiles/run.ts";
import { JSON_ORDERS } from "./wire/json-orders.ts";
import { PROTO_ORDERS } from "./wire/proto-orders.ts";

const USAGE = `npm run loadtest -- JOURNEY [--json] [--hdr DIR] [--seconds N] …

  order-entry      durable orders a second and the time of one, as shares of a bare server's echo and a sync:
                   [--connections 50] [--depth 16] [--seconds 20] [--rounds 5] [--singles 400]
  connections      thousands of readers of books, 1 % of them paused at a time, while orders come on schedule:
                   [--connections 1000] [--seconds 30] [--books 2] [--orders-per-s 1000] [--instruments 1000]
  slow-readers     the same with 20 % paused
  reconnect-storm  the same, all losing their connection at once
  overload         more orders on schedule than are let in: [--limit 20000] [--times 5] [--seconds 10]
  steady, burst, cancel-storm
                   orders on schedule, at an even rate, in a release's rush, to rest and be cancelled at once:
                   [--seconds 30] [--orders-per-s 1000] [--instruments 1000]

  --json           ends with one line of JSON
  --hdr DIR        latencies of each phase into DIR, as HdrHistogram's tools read them (not of order-entry)
  --encoding json  orders in text frames (proto: in binary ones)
  --url URL        an exchange that runs already, with --data DIR for its admin.token; else one is started,
                   and thrown away afterwards
  --directory DIR  on whose disk that one keeps its journal (the system's folder for such)
`;

const PAUSE_MS = 20_000;
const US_PER_MS = 1_000;

const OPTIONS = {
  json: { type: "boolean", default: false },
  hdr: { type: "string" },
  url: { type: "string" },
  data: { type: "string" },
  directory: { type: "string" },
  connections: { type: "string" },
  encoding: { type: "string", default: "proto" },
  depth: { type: "string", default: "16" },
  seconds: { type: "string" },
  rounds: { type: "string", default: "5" },
  singles: { type: "string", default: "400" },
  instruments: { type: "string", default: "1000" },
  books: { type: "string", default: "2" },
  "orders-per-s": { type: "string", default: "1000" },
  limit: { type: "string", default: "20000" },
  times: { type: "string", default: "5" },
} as const;

const read = () => parseArgs({ allowPositionals: true, options: OPTIONS });
type Values = ReturnType<typeof read>["values"];

/** What each run is asked besides its own. */
function common({ url, data, directory, encoding: name }: Values) {
  const encoding = [PROTO_ORDERS, JSON_ORDERS].find((each) => each.name === name);
  if (encoding === undefined) throw new Error(`--encoding is proto or json, not "${name}"`);
  return { url, data, directory, encoding, progress };
}

type Journey = (values: Values) => Promise<Measured>;
interface Measured {
  readonly figures: object;
  readonly phases?: readonly PhaseFigures[];
}

const JOURNEYS: Readonly<Record<string, Journey>> = {
  "order-entry": async (values) => ({
    figures: await runOrderEntry({
      ...common(values),
      connections: whole("connections", values.connections ?? "50"),
      depth: whole("depth", values.depth),
      seconds: whole("seconds", values.seconds ?? "20"),
      rounds: whole("rounds", values.rounds),
      singles: whole("singles", values.singles),
    }),
  }),
  overload: (values) =>
    runOverload({
      ...common(values),
      limit: whole("limit", values.limit),
      times: whole("times", values.times),
      seconds: whole("seconds", values.seconds ?? "10"),
      calmSeconds: 4,
    }),
  connections: (values) => readers(values, { pausedShare: 0.01, storm: false }),
  "slow-readers": (values) => readers(values, { pausedShare: 0.2, storm: false }),
  "reconnect-storm": (values) => readers(values, { pausedShare: 0, storm: true }),
  ...Object.fromEntries(PROFILES.map((profile) => [profile, orders(profile)])),
};

function readers(values: Values, what: { pausedShare: number; storm: boolean }): Promise<Measured> {
  return runConnections({
    ...common(values),
    ...what,
    connections: whole("connections", values.connections ?? "1000"),
    seconds: whole("seconds", values.seconds ?? "30"),
    instruments: whole("instruments", values.instruments),
    booksEach: whole("books", values.books),
    ordersPerS: whole("orders-per-s", values["orders-per-s"]),
    pauseMs: PAUSE_MS,
  });
}

function orders(profile: Profile): Journey {
  return (values) =>
    runProfile({
      ...common(values),
      profile,
      seconds: whole("seconds", values.seconds ?? "30"),
      instruments: whole("instruments", values.instruments),
      ordersPerS: whole("orders-per-s", values["orders-per-s"]),
    });
}

async function main(): Promise<void> {
  const { values, positionals } = read();
  const journey = JOURNEYS[positionals[0] ?? ""];
  if (journey === undefined) {
    process.stdout.write(USAGE);
    process.exitCode = positionals.length === 0 ? 0 : 2;
    return;
  }
  const { figures, phases = [] } = await journey(values);
  const rows = Object.entries(figures)
    .filter(([, value]) => typeof value !== "object" || value === null)
    .map(([name, value]) => `${name.padEnd(26)} ${value}`);
  process.stdout.write(`${rows.join("\n")}\n`);
  if (values.hdr !== undefined) for (const phase of phases) writeHdr(values.hdr, phase);
  if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/** Latencies in milliseconds as HdrHistogram's own tools read and draw them. */
function writeHdr(folder: string, { name, accepted, refused }: PhaseFigures): void {
  for (const [what, histogram] of Object.entries({ accepted, refused })) {
    if (histogram.totalCount === 0) continue;
    const file = join(folder, `${name.replaceAll(" ", "-")}-${what}.hgrm`);
    writeFileSync(file, histogram.outputPercentileDistribution(5, US_PER_MS));
  }
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
