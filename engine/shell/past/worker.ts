/**
 * A thread that reads a shard's journal once more, from its first command to what is durable now, and
 * hands over the events that were asked for. It ends with that; the shard's thread knows nothing of it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { EventType } from "../../core/codes.ts";
import {
  EVENT_BYTES,
  EVENT_F64,
  EVENT_I32,
  EventF64,
  EventI32,
  type Events,
  EventU8,
} from "../../core/event.ts";
import type { ShardOptions } from "../../core/limits.ts";
import { openStatus, type StatusMemory } from "../../ring/status.ts";
import { asShellError } from "../errors.ts";
import { emptyState, makeFollower } from "../follower.ts";
import { openLiveReader } from "../journal/live-reader.ts";

export interface PastWorkerData {
  readonly shard: number;
  readonly directory: string;
  readonly status: StatusMemory;
  readonly options: Partial<ShardOptions>;
  /** By instrument, the market sequence after which it is wanted. */
  readonly instruments: ReadonlyMap<number, number>;
  readonly accounts: ReadonlySet<number>;
  readonly eventsMax: number;
}

export type PastWorkerMessage =
  | { readonly kind: "events"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };

/** Events handed over at a time. */
const CHUNK_EVENTS = 1_024;

const data = workerData as PastWorkerData;
const tell = (message: PastWorkerMessage, transfer: ArrayBuffer[] = []): void =>
  parentPort!.postMessage(message, transfer);

const chunk = new Uint8Array(CHUNK_EVENTS * EVENT_BYTES);
let count = 0;
let total = 0;

function isWanted({ u8, i32, f64 }: Events, index: number): boolean {
  const f = index * EVENT_F64;
  const i = index * EVENT_I32;
  const marketSeq = f64[f + EventF64.marketSeq]!;
  const after = marketSeq > 0 ? data.instruments.get(i32[i + EventI32.instrument]!) : undefined;
  if (after !== undefined && marketSeq > after) return true;
  if (data.accounts.size === 0) return false;
  if (f64[f + EventF64.accountSeq]! > 0 && data.accounts.has(i32[i + EventI32.account]!))
    return true;
  const type = u8[index * EVENT_BYTES + EventU8.type]!;
  if (type !== EventType.TRADE && type !== EventType.PREVENTED) return false;
  return data.accounts.has(i32[i + EventI32.takerAccount]!);
}

function handOver(): void {
  if (count === 0) return;
  const bytes = chunk.slice(0, count * EVENT_BYTES);
  tell({ kind: "events", bytes }, [bytes.buffer]);
  count = 0;
}

function pick(events: Events): void {
  for (let index = 0; index < events.count; index++) {
    if (!isWanted(events, index)) continue;
    if (++total > data.eventsMax) throw new Error("more than is told at once");
    const at = index * EVENT_BYTES;
    chunk.set(events.u8.subarray(at, at + EVENT_BYTES), count++ * EVENT_BYTES);
    if (count === CHUNK_EVENTS) handOver();
  }
}

async function run(): Promise<void> {
  const journal = openLiveReader(data.directory, data.shard, openStatus(data.status));
  const state = emptyState(data.options);
  await makeFollower({ journal, state, onDecided: ({ events }) => pick(events) }).catchUp();
  handOver();
}

run().then(
  () => tell({ kind: "done" }),
  (error: unknown) => tell({ kind: "failed", reason: asShellError(error).message }),
);
