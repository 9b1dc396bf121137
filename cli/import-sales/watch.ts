/**
 * The `trades` channel of every instrument of a run, on a socket of its own that needs no key. A gap
 * in an instrument's sequence is counted; what it hid is asked for at the end, order by order.
 */
import type { Connection, Push } from "./connection.ts";
import type { Ledger, Trade } from "./ledger.ts";

/** So that a request stays well below the exchange's 64 KiB a frame. */
const SYMBOLS_PER_REQUEST = 400;

export interface Watch {
  onPush(push: Push): void;
  /** Resolves when every instrument's snapshot is in: what trades from then on is seen. */
  start(connection: Connection): Promise<void>;
  /** Instruments of which pushes are missing. */
  gaps(): number;
}

export function makeWatch(symbols: readonly string[], ledger: () => Ledger): Watch {
  const indexes = new Map(symbols.map((symbol, index) => [symbol, index]));
  const lastSeq = new Float64Array(symbols.length).fill(-1);
  const hasGap = new Uint8Array(symbols.length);
  let snapshotsLeft = symbols.length;
  let onReady = (): void => {};
  let gaps = 0;

  function onPush({ channel, type, symbol, seq, prev_seq, data }: Push): void {
    const index = channel === "trades" ? indexes.get(symbol) : undefined;
    if (index === undefined) return;
    if (type === "snapshot") {
      if (lastSeq[index] === -1 && --snapshotsLeft === 0) onReady();
    } else {
      if (lastSeq[index] !== prev_seq && hasGap[index] === 0) {
        hasGap[index] = 1;
        gaps++;
      }
      for (const trade of data as readonly Trade[]) ledger().seen(index, trade);
    }
    lastSeq[index] = seq;
  }

  async function start(connection: Connection): Promise<void> {
    const ready = new Promise<void>((resolve) => (onReady = resolve));
    for (let from = 0; from < symbols.length; from += SYMBOLS_PER_REQUEST) {
      const some = symbols.slice(from, from + SYMBOLS_PER_REQUEST);
      await connection.request("subscribe", { channel: "trades", symbols: some });
    }
    await ready;
  }

  return { onPush, start, gaps: () => gaps };
}
