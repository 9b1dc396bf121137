/** The flags of the verbs that run a gateway by which an operator bounds who places orders. */
import type { SessionLimits } from "../gateway/session/limits.ts";
import { readInteger } from "./arguments.ts";

const ORDERS_MAX = 10_000_000;

export const LIMIT_OPTIONS = {
  "orders-per-key": { type: "string", default: "0" },
  "orders-per-account": { type: "string", default: "0" },
  "orders-per-address": { type: "string", default: "0" },
} as const;

export const LIMIT_USAGE = `  --orders-per-key N, --orders-per-account N, --orders-per-address N
                 orders and amends a second, for each of the gateway's keys, accounts, addresses (0: no
                 limit); what is more is refused at once, cancels never
`;

type Values = Readonly<Record<keyof typeof LIMIT_OPTIONS, string>>;

export function readLimits(values: Values): Partial<SessionLimits> {
  const read = (flag: keyof Values): number => readInteger(flag, values[flag], 0, ORDERS_MAX);
  return {
    ordersPerSecond: read("orders-per-key"),
    accountOrdersPerSecond: read("orders-per-account"),
    addressOrdersPerSecond: read("orders-per-address"),
  };
}
