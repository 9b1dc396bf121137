/** The line and the exchange's own state as hooks, and what follows from both. */
import { useSyncExternalStore } from "react";
import type { Connection, StatusData } from "../../client/index.ts";
import { exchange } from "./exchange.ts";
import { newest } from "./market.ts";
import { type Standing, standingOf } from "./standing.ts";
import { type Live, makeTopics, useTopic } from "./topic-store.ts";

const statuses = makeTopics("status", () => newest<StatusData>());
const subscribe = (listener: () => void): (() => void) => exchange.onConnection(listener);

/** The line itself. Told at once, also while the page is paused. */
export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => exchange.connection);
}

export const useExchangeStatus = (): Live<StatusData> => useTopic(statuses, "");

/** What the dot, the banner and the ticket go by. */
export function useStanding(): Standing {
  const connection = useConnection();
  const status = useExchangeStatus();
  return standingOf(connection, status.state === "live" ? (status.value?.state ?? null) : null);
}
