/**
 * Stored events of a shard of this process: each read is a thread of its own over the journal's files,
 * from the first command on. One read at a time; who calls puts together what is asked at once.
 */
import { EVENT_BYTES, type Events, makeEvents } from "../../core/event.ts";
import type { ShardOptions } from "../../core/limits.ts";
import type { StatusMemory } from "../../ring/status.ts";
import { startThread } from "../thread.ts";
import type { PastWorkerData, PastWorkerMessage } from "./worker.ts";

export interface PastConfig {
  readonly shard: number;
  /** The shard's journal. */
  readonly directory: string;
  /** The shard's status, which says what is durable. */
  readonly status: StatusMemory;
  readonly options?: Partial<ShardOptions>;
  /** Events that one read tells at most; more is refused. */
  readonly eventsMax?: number;
}

/** By instrument, the market sequence after which it is wanted; accounts, of which everything is. */
export interface PastWanted {
  readonly instruments: ReadonlyMap<number, number>;
  readonly accounts: ReadonlySet<number>;
}

/** The gateway knows it as StoredEvents. */
export interface Past {
  read(wanted: PastWanted, onEvents: (events: Events) => void): Promise<void>;
  /** Ends a read under way, which is then rejected, as is every one that comes after. */
  stop(): Promise<void>;
}

const EVENTS_MAX = 500_000;

export function openPast(config: PastConfig): Past {
  let stopNow: (() => Promise<void>) | undefined;
  let isStopped = false;

  function read(wanted: PastWanted, onEvents: (events: Events) => void): Promise<void> {
    if (isStopped) return Promise.reject(new Error("it was stopped"));
    const workerData: PastWorkerData = {
      shard: config.shard,
      directory: config.directory,
      status: config.status,
      options: config.options ?? {},
      instruments: wanted.instruments,
      accounts: wanted.accounts,
      eventsMax: config.eventsMax ?? EVENTS_MAX,
    };
    return new Promise((resolve, reject) => {
      const worker = startThread(new URL("./worker.ts", import.meta.url), workerData);
      stopNow = async () => {
        await worker.terminate();
      };
      worker.on("message", (message: PastWorkerMessage) => {
        if (message.kind === "events") onEvents(eventsIn(message.bytes));
        else if (message.kind === "done") resolve();
        else reject(new Error(message.reason));
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("the thread ended"))); // after an answer: nothing
    });
  }

  async function stop(): Promise<void> {
    isStopped = true;
    await stopNow?.();
  }

  return { read, stop };
}

function eventsIn(bytes: Uint8Array<ArrayBuffer>): Events {
  const events = makeEvents(bytes.length / EVENT_BYTES, bytes.buffer);
  events.count = events.capacity;
  return events;
}
