/** How we stand with the exchange, in the words of the page; pure, so that every case can be looked at. */
import type { Connection, StatusData } from "../../client/index.ts";

export type Health = "online" | "connecting" | "offline" | "stopping" | "halted";

export interface Standing {
  readonly health: Health;
  /** A word or two for beside the dot. */
  readonly label: string;
  /** Null: trade. Otherwise why nobody can just now, as a sentence. */
  readonly asleep: string | null;
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
  if (state === "engine_away") {
    const asleep = "Another engine is taking over; trading resumes by itself.";
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
