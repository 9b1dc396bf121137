/** Who may ask for what, once it is known who asks: scope, trading, and how many orders it counts as. */
import type { Problem } from "../errors.ts";
import type { Params } from "../orders/decode.ts";
import type { Caller } from "../registry/identity.ts";

interface Need {
  readonly scope: "orders:read" | "orders:write";
  /** Counted by the limits on orders, and refused while the key's trading is off. */
  readonly isRated: boolean;
}

const WRITE = { scope: "orders:write", isRated: false } as const;
const TRADE = { scope: "orders:write", isRated: true } as const;
const READ = { scope: "orders:read", isRated: false } as const;

/** Order entry: what each method needs. What makes exposure smaller is never refused for rate. */
const NEEDS = new Map<string, Need>([
  ["add_order", TRADE],
  ["amend_order", TRADE],
  ["batch", TRADE],
  ["cancel_after", WRITE],
  ["cancel_on_disconnect", WRITE],
  ["cancel_order", WRITE],
  ["cancel_all", WRITE],
  ["order_status", READ],
  ["account_trades", READ],
]);

export const isPrivate = (method: string): boolean => NEEDS.has(method);

/** Whether places, amends and cancels of this caller need no further look at who it is. */
export function mayTrade({ scopes, trading }: Caller): boolean {
  return trading && scopes.includes("orders:write");
}

/** The orders and amends that it asks for, or why it may not. */
export function permit(caller: Caller, method: string, params: Params): number | Problem {
  const { scope, isRated } = NEEDS.get(method)!;
  if (!caller.scopes.includes(scope)) {
    return { code: "SCOPE_MISSING", message: `This key does not have the scope ${scope}.` };
  }
  const orders = isRated ? ordersIn(method, params) : 0;
  return orders > 0 && !caller.trading ? { code: "TRADING_OFF" } : orders;
}

/** How many orders and amends a request asks for: what the rate limit counts. */
function ordersIn(method: string, { ops, group }: Params): number {
  if (method === "add_order") return Array.isArray(group) ? Math.max(group.length, 1) : 1;
  if (method !== "batch") return 1;
  if (!Array.isArray(ops)) return 0;
  const isOrder = (op: unknown): boolean =>
    typeof op === "object" &&
    op !== null &&
    ["add_order", "amend_order"].includes((op as { method: string }).method);
  return (ops as unknown[]).filter(isOrder).length;
}
