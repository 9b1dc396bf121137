/**
 * The flags of the verbs that run a gateway by which an operator bounds who places orders, who listens,
 * and how slowly.
 */
import { SESSION_LIMITS, type SessionLimits } from "../gateway/session/limits.ts";
import { readInteger } from "./arguments.ts";

const ORDERS_MAX = 10_000_000;

interface Limit {
  readonly sets: keyof SessionLimits;
  readonly least: number;
  readonly most: number;
}

const LIMITS = {
  "orders-per-key": { sets: "ordersPerSecond", least: 0, most: ORDERS_MAX },
  "orders-per-account": { sets: "accountOrdersPerSecond", least: 0, most: ORDERS_MAX },
  "orders-per-address": { sets: "addressOrdersPerSecond", least: 0, most: ORDERS_MAX },
  sockets: { sets: "socketsMax", least: 1, most: 1_000_000 },
  "unsent-bytes": { sets: "unsentBytesMax", least: 64 * 1024, most: 32 * 1024 * 1024 },
  "pong-within": { sets: "pongWithinMs", least: 1_000, most: 600_000 },
  "shutdown-spread": { sets: "shutdownSpreadMs", least: 0, most: 600_000 },
} as const satisfies Record<string, Limit>;
type Flag = keyof typeof LIMITS;

const FLAGS = Object.keys(LIMITS) as Flag[];
const defaultOf = (flag: Flag): string => String(SESSION_LIMITS[LIMITS[flag].sets]);

/** For `parseArgs`. */
export const LIMIT_OPTIONS = Object.fromEntries(
  FLAGS.map((flag) => [flag, { type: "string", default: defaultOf(flag) }]),
) as Record<Flag, { readonly type: "string"; readonly default: string }>;

export const LIMIT_USAGE = `  --orders-per-key N, --orders-per-account N, --orders-per-address N
                 orders and amends a second, for each of the gateway's keys, accounts, addresses (0: no
                 limit); what is more is refused at once, cancels never
  --sockets N    sockets at once (${defaultOf("sockets")})
  --unsent-bytes N, --pong-within MS
                 a reader with more unsent than that (${defaultOf("unsent-bytes")}), or that leaves a ping
                 unanswered for longer (${defaultOf("pong-within")} ms), is closed; it resumes by sequence
  --shutdown-spread MS
                 a planned stop closes sockets over so long (${defaultOf("shutdown-spread")} ms), so that not
                 all come back at once
`;

export function readLimits(values: Readonly<Record<Flag, string>>): Partial<SessionLimits> {
  return Object.fromEntries(
    FLAGS.map((flag) => {
      const { sets, least, most } = LIMITS[flag];
      return [sets, readInteger(flag, values[flag], least, most)];
    }),
  );
}
