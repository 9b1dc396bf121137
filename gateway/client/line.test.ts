// The line by itself, over sockets that do as they are told: how long it waits, and whom it gives up.
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { type Connection, Line, type SocketLike } from "./line.ts";

class Puppet implements SocketLike {
  closed = false;
  readonly #listeners = new Map<string, ((event: never) => void)[]>();
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  send(): void {}
  close(): void {
    this.closed = true;
  }
  say(type: string, event: object = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

let sockets: Puppet[];
let line: Line;
let history: Connection[];

function start(random: number): void {
  sockets = [];
  history = [];
  const makeSocket = (): SocketLike => {
    const socket = new Puppet();
    sockets.push(socket);
    return socket;
  };
  const options = { url: "http://x", credentials: { kind: "none" } as const, makeSocket };
  line = new Line(
    { ...options, random: () => random, silenceMs: 3_000 },
    {
      online: () => {},
      down: () => {},
      push: () => {},
      ignored: () => {},
      changed: (connection) => history.push(connection),
    },
  );
  line.open();
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  line.close();
  jest.useRealTimers();
});

/** Lets promises that are due go on; timers stay where they are. */
const turn = (): Promise<void> => jest.advanceTimersByTimeAsync(0).then(() => undefined);

// Tries that failed | the next wait without luck, with the most of it
const WAITS: [number, number, number][] = [
  [1, 250, 500],
  [2, 500, 1_000],
  [3, 1_000, 2_000],
  [5, 4_000, 8_000],
  [9, 4_000, 8_000],
];

/** The wait before the next try, after so many failed ones in a row. */
async function waitAfter(fails: number, random: number): Promise<number> {
  start(random);
  let waitMs = 0;
  for (let each = 0; each < fails; each++) {
    await jest.advanceTimersByTimeAsync(waitMs);
    sockets.at(-1)!.say("close", { reason: "" });
    waitMs = line.connection.retryAtMs! - Date.now();
  }
  line.close();
  return waitMs;
}

test.each(WAITS)("after %i failures in a row it waits %i to %i ms", async (fails, least, most) => {
  expect(await waitAfter(fails, 0)).toBe(least);
  expect(await waitAfter(fails, 1)).toBe(most);
});

test("a socket that opens and falls silent is given up, and its late words are not heard", async () => {
  start(0);
  await turn();
  const [first] = sockets;
  first!.say("open");
  await turn();
  expect(line.connection.phase).toBe("online");
  await jest.advanceTimersByTimeAsync(3_600);
  expect(history.find(({ reason }) => reason === "SILENT")?.phase).toBe("waiting");
  expect(first!.closed).toBe(true);
  const before = line.connection;
  first!.say("close", { reason: "LATE" });
  expect(line.connection).toEqual(before);
});

test("the exchange's reason for a close is kept, and tries are counted anew once online", async () => {
  start(0);
  await turn();
  sockets[0]!.say("close", { reason: "SHUTTING_DOWN" });
  expect(line.connection).toMatchObject({ reason: "SHUTTING_DOWN", attempt: 1, phase: "waiting" });
  await jest.advanceTimersByTimeAsync(250);
  sockets[1]!.say("open");
  await turn();
  expect(line.connection).toMatchObject({ reason: null, attempt: 0, phase: "online", sessions: 1 });
});

test("asking to open does not wait for the next try, and never makes two sockets", async () => {
  start(1);
  await turn();
  sockets[0]!.say("close", { reason: "" });
  line.open();
  line.open();
  await turn();
  expect(sockets).toHaveLength(2);
  await jest.advanceTimersByTimeAsync(2_000);
  expect(sockets).toHaveLength(2);
});
