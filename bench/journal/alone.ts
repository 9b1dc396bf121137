/** The whole shard alone, in a thread like the pipeline's: no ring, no journal, its events read. */
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import * as core from "../../engine/core/index.ts";
import type { EngineSizes } from "../core/engine-api.ts";
import { makeEngine } from "../core/engines.ts";
import { makeTrades } from "../core/trades.ts";
import { readCommands, tablesOf } from "./stream-file.ts";

export interface AloneData {
  readonly file: string;
  readonly sizes: EngineSizes;
  readonly timedFrom: number;
  readonly end: number;
  /** Between what warms it up and what is timed. */
  readonly pauseMs: number;
}

const { file, sizes, timedFrom, end, pauseMs } = workerData as AloneData;
const commands = readCommands(file, end);
const trades = makeTrades();
// As in the pipeline no id is forgotten while it runs: tables for all of them, and long deadlines.
const { ordersMax, idsMax, readyRows } = tablesOf(sizes);
for (let n = 0; n < end; n++) {
  if (commands.u8[n * core.COMMAND_BYTES] !== core.CommandType.PLACE) continue;
  const at = n * core.COMMAND_F64;
  const stampUs = commands.f64[at + core.CommandF64.stampUs]!;
  commands.f64[at + core.CommandF64.deadlineUs] = stampUs + core.DEADLINE_DEFAULT_US;
}
const startedMs = performance.now();
const engine = await makeEngine("shard", { ...sizes, ordersMax, idsMax, readyRows }, trades);
engine.run(commands, 0, timedFrom);
await sleep(pauseMs);
const beganMs = performance.now();
engine.run(commands, timedFrom, end);
const endedMs = performance.now();
const perS = ((end - timedFrom) * 1_000) / (endedMs - beganMs);
// As a replay runs them: tables are made, then all from the first.
const wholePerS = (end * 1_000) / (endedMs - startedMs);
parentPort!.postMessage({ perS, wholePerS, checksum: trades.text() });
