/** The whole shard alone, in a thread like the pipeline's: no ring, no journal, its events read. */
import { parentPort, workerData } from "node:worker_threads";
import { makeEngine, type EngineSizes } from "../core/engines.ts";
import { makeTrades } from "../core/trades.ts";
import { readCommands } from "./stream-file.ts";

export interface AloneData {
  readonly file: string;
  readonly sizes: EngineSizes;
  readonly timedFrom: number;
  readonly end: number;
}

const { file, sizes, timedFrom, end } = workerData as AloneData;
const commands = readCommands(file, end);
const trades = makeTrades();
const engine = makeEngine("shard", sizes, trades);
engine.run(commands, 0, timedFrom);
const beganMs = performance.now();
engine.run(commands, timedFrom, end);
const seconds = (performance.now() - beganMs) / 1_000;
parentPort!.postMessage({ perS: (end - timedFrom) / seconds, checksum: trades.text() });
