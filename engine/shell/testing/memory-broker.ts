/**
 * A broker in memory for tests of what stands on a journal, not of the journal: one topic, reached
 * through links that can be made to hang, each engine through its own.
 */
import type { Fetched, Link, OpenLink } from "../journal/kafka/link.ts";

export interface MemoryBroker {
  /** The way of one engine to it. */
  way(): Way;
}

export interface Way {
  readonly connect: OpenLink;
  /** Appends hang from here on: before they are in the log, or after it and unanswered; null: no more. */
  hang(when: "before" | "after" | null): void;
}

const POLL_MS = 2;

export function makeMemoryBroker(): MemoryBroker {
  const log: Buffer[] = [];

  function way(): Way {
    let hanging: "before" | "after" | null = null;

    function open(): Link {
      let isClosed = false;
      const check = (): void => {
        if (isClosed) throw new Error("the link is closed");
      };
      return {
        produce: async (value) => {
          check();
          if (hanging === "before") return new Promise<number>(() => {});
          const offset = log.push(Buffer.from(value)) - 1;
          if (hanging === "after") return new Promise<number>(() => {});
          await turn();
          return offset;
        },
        fetch: async (offset, waitMs) => {
          const giveUpMs = performance.now() + waitMs;
          while (log.length <= offset && performance.now() < giveUpMs) {
            check();
            await turn();
          }
          check();
          const values = log.slice(offset, offset + 64);
          const records = values.map((value, i) => ({ offset: offset + i, value }));
          return { records, end: log.length } satisfies Fetched;
        },
        bounds: async () => ({ first: 0, end: log.length }),
        close: () => void (isClosed = true),
      };
    }

    return {
      connect: async () => open(),
      hang: (when) => void (hanging = when),
    };
  }

  return { way };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
