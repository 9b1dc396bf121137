// Flags by which an operator bounds who places orders and who listens.
import { expect, test } from "@jest/globals";
import { parseArgs } from "node:util";
import { SESSION_LIMITS } from "../gateway/session/limits.ts";
import { LIMIT_OPTIONS, LIMIT_USAGE, readLimits } from "./limits.ts";

const read = (...args: string[]) =>
  readLimits(parseArgs({ args, options: LIMIT_OPTIONS }).values as never);

test("unless they are said, limits are the gateway's own", () => {
  expect(SESSION_LIMITS).toMatchObject(read());
  for (const flag of Object.keys(LIMIT_OPTIONS)) expect(LIMIT_USAGE).toContain(`--${flag} `);
});

test("each flag sets its limit, within bounds", () => {
  const said = read("--unsent-bytes", "100000", "--pong-within", "3000", "--orders-per-key", "5");
  expect(said).toMatchObject({ unsentBytesMax: 100_000, pongWithinMs: 3_000, ordersPerSecond: 5 });
  expect(said).toMatchObject({ socketsMax: SESSION_LIMITS.socketsMax });
  for (const wrong of ["12", "33554433", "many"]) {
    expect(() => read("--unsent-bytes", wrong)).toThrow("unsent-bytes");
  }
});
