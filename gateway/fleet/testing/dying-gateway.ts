/**
 * A gateway of a fleet, in a process of its own, that is killed (SIGKILL, by itself) as it makes a key: its
 * arguments are Redis, Postgres, and whether that is `before` the key is kept or `after`, so that nobody
 * heard. Says where it is in one line.
 */
import { pino } from "pino";
import type { Identity } from "../../registry/identity.ts";
import { openSharedRegistry } from "../../registry/postgres.ts";
import { startTestExchange } from "../../testing/exchange.ts";
import { Fleet } from "../fleet.ts";
import { BOUNDS, SEALER } from "./shared.ts";

const [redis, postgres, when] = process.argv.slice(2) as [string, string, "before" | "after"];
const fleet = await Fleet.open(redis, pino({ level: "silent" }), SEALER);
const registry = await openSharedRegistry(postgres, BOUNDS);
const addKey: Identity["addKey"] = async (request) => {
  if (when === "after") await registry.addKey(request);
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
};
const exchange = await startTestExchange({ fleet, registry: { ...registry, addKey } });
while (!fleet.isShared) await new Promise((resolve) => setTimeout(resolve, 10));
process.stdout.write(`${exchange.url}\n`);
