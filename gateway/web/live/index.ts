/** What screens read from: everything that changes by itself. The rest of this folder is its inside. */
export {
  useConnection,
  useExchangeStatus,
  useStanding,
} from "./connection.ts";
export { exchange } from "./exchange.ts";
export { setPaused, usePaused } from "./frames.ts";
export {
  type SizeGrid,
  type Trades,
  useBook,
  useInstrument,
  useSizeGrid,
  useTicker,
  useTrades,
} from "./market.ts";
export { type MyOrders, useMyOrders } from "./my-orders.ts";
export type { Health, Standing } from "./standing.ts";
export { readJson, type Resource, useResource } from "./resource.ts";
export type { Live, LiveState } from "./topic-store.ts";
