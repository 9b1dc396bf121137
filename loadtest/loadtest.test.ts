/** Every load test at a size that proves that it works, on one exchange, and measures nothing. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runConnections } from "./connections/run.ts";
import { runOrderEntry } from "./order-entry/run.ts";
import { runOverload } from "./overload/run.ts";
import { PROFILES, runProfile } from "./profiles/run.ts";
import { openVenue, type Venue } from "./venue/exchange.ts";
import { JSON_ORDERS } from "./wire/json-orders.ts";
import { PROTO_ORDERS } from "./wire/proto-orders.ts";

let venue: Venue;
const told: string[] = [];
const progress = (line: string): void => void told.push(line);
const place = () => ({ url: venue.url, data: venue.data, progress });

beforeAll(async () => {
  venue = await openVenue({});
}, 120_000);
afterAll(() => venue.stop());

describe("order entry", () => {
  test.each([PROTO_ORDERS, JSON_ORDERS])(
    "$name frames: each order is acknowledged once",
    async (encoding) => {
      const figures = await runOrderEntry({
        ...place(),
        encoding,
        connections: 3,
        depth: 5,
        seconds: 0.4,
        rounds: 1,
        singles: 10,
      });
      expect(told.at(-1)).toMatch(
        /^\d+ orders, each acknowledged once; the engine counts as many$/,
      );
      expect(figures.orders_per_s).toBeGreaterThan(0);
      expect(figures.share_of_echo).toBeCloseTo(figures.orders_per_s / figures.echo_per_s, 2);
      expect(figures.ack_over_echo_plus_sync).toBeGreaterThan(0);
    },
  );
});

test("readers pause, lose their network and resume, and every book is right", async () => {
  const { figures, phases } = await runConnections({
    ...place(),
    encoding: JSON_ORDERS,
    connections: 30,
    seconds: 2,
    instruments: 12,
    booksEach: 2,
    ordersPerS: 200,
    pausedShare: 0.1,
    pauseMs: 300,
    storm: true,
  });
  expect(figures).toMatchObject({ connections: 30, books_wrong: 0, sequence_gaps: 0 });
  expect(figures.resumed).toBe(60); // each one's two books, after the storm
  expect(phases[0]!.accepted.totalCount).toBe(400);
});

test.each(PROFILES)("%s: every order is answered as it should be", async (profile) => {
  const asked = { profile, encoding: PROTO_ORDERS, seconds: 0.6, ordersPerS: 100, instruments: 15 };
  const { figures, phases } = await runProfile({ ...place(), ...asked });
  expect(figures.phases.map(({ name, accepted }) => [name, accepted])).toEqual(
    phases.map(({ name, offered }) => [name, offered]),
  );
});

test("overload: what is more than the limit is refused by its name, the rest is taken", async () => {
  const { figures, phases } = await runOverload({
    progress,
    encoding: PROTO_ORDERS,
    limit: 100,
    times: 5,
    seconds: 0.4,
    calmSeconds: 0.5,
  });
  expect(figures.limit_per_s).toBe(100);
  const refused = phases.map(({ codes }) => [...codes.keys()]);
  expect(refused[0]).toEqual([]);
  expect(refused[2]).toEqual(["RATE_LIMITED"]);
});
