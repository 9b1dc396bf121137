// The first file of a thread that applies commands; see thread.ts.
import { workerData } from "node:worker_threads";
import { loadStripped } from "./stripped.mjs";

await loadStripped(workerData.thread);
