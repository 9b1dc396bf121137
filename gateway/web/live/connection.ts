/**
 * How we stand with the exchange, in the words of the page: the line, the exchange's own state, and
 * whether somebody may trade on what is shown.
 */
import { useSyncExternalStore } from "react";
import type { Connection, StatusData } from "../../client/index.ts";
import { exchange } from "./exchange.ts";
import { newest } from "./market.ts";
import { type Live, makeTopics, useTopic } from "./topic-store.ts";

const statuses = makeTopics("status", () => newest<StatusData>());
const subscribe = (listener: () => void): (() => void) => exchange.onConnection(listener);

/** The line itself. Told at once, also while the page is paused. */
export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => exchange.connection);
}

export const useExchangeStatus = (): Live<StatusData> => useTopic(statuses, "");

export type Health = "online" | "connecting" | "offline" | "stopping" | "halted";

export interface Standing {
  readonly health: Health;
  /** A word or two for beside the dot. */
  readonly label: string;
  /** Null: trade. Otherwise why nobody can just now, as a sentence. */
  readonly asleep: string | null;
}

/** What the dot, the banner and the ticket go by. */
export function useStanding(): Standing {
  const connection = useConnection();
  const status = useExchangeStatus();
  return standingOf(connection, status.state === "live" ? (status.value?.state ?? null) : null);
}

export function standingOf(connection: Connection, state: StatusData["state"] | null): Standing {
  if (connection.phase !== "online") return standingOff(connection);
  if (state === null) {
    return { health: "connecting", label: "Connecting", asleep: "Connecting to the exchange." };
  }
  if (state === "shutting_down") {
    const asleep =
      "The exchange is restarting. Prices are as of a moment ago; trading resumes by itself.";
    return { health: "stopping", label: "Restarting", asleep };
  }
  if (state === "engine_stopped" || state === "disk_full") {
    const asleep = "Trading has stopped at the exchange. What you see is the last that was known.";
    return { health: "halted", label: "Trading stopped", asleep };
  }
  return state === "online"
    ? { health: "online", label: "Live", asleep: null }
    : { health: "connecting", label: "Starting", asleep: "The exchange is starting." };
}

function standingOff({ sessions, attempt }: Connection): Standing {
  if (sessions === 0 && attempt < 2) {
    return { health: "connecting", label: "Connecting", asleep: "Connecting to the exchange." };
  }
  const asleep = "No connection. Prices are old; trading resumes when the exchange is back.";
  return { health: "offline", label: "Offline", asleep };
}
