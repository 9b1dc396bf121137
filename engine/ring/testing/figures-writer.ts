/** Writes totals that belong together as fast as it can, until it is asked to stop or is terminated. */
import { parentPort, workerData } from "node:worker_threads";
import { openStatus, type StatusMemory } from "../status.ts";

const status = openStatus(workerData as StatusMemory);
parentPort!.postMessage("up");
for (let n = 1; !status.isStopAsked(); n++) {
  status.write({
    sequence: n,
    tradesTotal: 2 * n,
    ordersTotal: 3 * n,
    ordersOpen: 4 * n,
    journalBytes: 5 * n,
    journalBatches: 6 * n,
    journalMs: 7 * n,
    recoveredCommands: 8 * n,
  });
}
