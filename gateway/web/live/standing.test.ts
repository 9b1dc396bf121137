// What the page says of its connection, and when tickets sleep: only "online" on a live line trades.
import { expect, test } from "@jest/globals";
import type { Connection, StatusData } from "../../client/index.ts";
import { standingOf } from "./standing.ts";

type State = StatusData["state"];

function line(phase: Connection["phase"], sessions: number, attempt: number): Connection {
  const nothing = { sinceMs: 0, retryAtMs: null, reason: null, account: null, lostAtMs: null };
  return { phase, sessions, attempt, ...nothing };
}

// Phase | times online | failed tries | the exchange's state, null: not heard | dot | tickets sleep
const ROWS: [Connection["phase"], number, number, State | null, string, boolean][] = [
  ["online", 1, 0, "online", "online", false],
  ["online", 3, 0, "online", "online", false],
  ["online", 1, 0, null, "connecting", true],
  ["online", 1, 0, "starting", "connecting", true],
  ["online", 1, 0, "shutting_down", "stopping", true],
  ["online", 1, 0, "engine_stopped", "halted", true],
  ["online", 1, 0, "disk_full", "halted", true],
  ["connecting", 0, 0, null, "connecting", true],
  ["waiting", 0, 1, null, "connecting", true],
  ["waiting", 0, 2, null, "offline", true],
  ["waiting", 1, 1, "online", "offline", true],
  ["connecting", 1, 1, "online", "offline", true],
  ["closed", 1, 0, "online", "offline", true],
];

test.each(ROWS)(
  "%s, %i sessions, %i tries, %p: %s",
  (phase, sessions, attempt, state, health, sleeps) => {
    const standing = standingOf(line(phase, sessions, attempt), state);
    expect(standing.health).toBe(health);
    expect(standing.asleep !== null).toBe(sleeps);
    expect(standing.label).not.toBe("");
  },
);
