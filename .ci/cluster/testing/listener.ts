/**
 * Somebody who listens to delta channels through whichever gateway is there, and goes on where the line
 * broke: each push must follow the one before. A gateway that lags behind the one that died says so, and
 * is asked again.
 */
import type { Push, Trader } from "../../../cli/testing/trader.ts";

const RETRY_MS = 50;

export interface Listener {
  /** By "channel name", the last sequence. */
  readonly seqs: ReadonlyMap<string, number>;
  /** The same, and with it what the line of now has brought, which is judged when that ends. */
  reached(): ReadonlyMap<string, number>;
  /** What did not follow; must stay empty. */
  readonly wrong: readonly string[];
  /** Pushes heard, lines used. */
  heard(): { readonly pushes: number; readonly lines: number };
  stop(): Promise<void>;
}

export const nameOf = ({ channel, symbol, shard }: Push & { readonly shard?: number }): string =>
  `${channel} ${symbol ?? shard}`;

interface Row {
  readonly mode: string;
}

/** `wanted`: the names of each channel; of private ones those of shards. */
export function listen(
  connect: () => Promise<Trader>,
  wanted: ReadonlyMap<string, readonly string[]>,
): Listener {
  const seqs = new Map<string, number>();
  const wrong: string[] = [];
  let [pushes, lines] = [0, 0];
  const stopping = new AbortController();
  let line: Trader | undefined;
  let isOn = false;

  /** Whether every channel went on where it was. */
  async function subscribe(trader: Trader): Promise<boolean> {
    for (const [channel, names] of wanted) {
      const from = names.flatMap((name) => {
        const seq = seqs.get(`${channel} ${name}`);
        return seq === undefined ? [] : [[name, seq] as const];
      });
      const isPublic = names.some((name) => name.includes(":"));
      const answer = await trader.request("subscribe", {
        channel,
        ...(isPublic ? { symbols: names } : {}),
        ...(from.length === 0 ? {} : { resume_from_seq: Object.fromEntries(from) }),
      });
      if (answer?.success !== true) return false;
      const { symbols, shards } = answer.result as { symbols?: Row[]; shards?: Row[] };
      const rows = symbols ?? shards ?? [];
      if (from.length > 0 && rows.some(({ mode }) => mode === "snapshot")) return false;
    }
    return true;
  }

  function take(push: Push): void {
    const name = nameOf(push);
    const seen = seqs.get(name);
    const fits = push.type === "update" ? push.prev_seq === seen : seen === undefined;
    if (!fits) wrong.push(`${name}: after ${seen} came ${push.type} ${push.prev_seq}, ${push.seq}`);
    seqs.set(name, push.seq);
    pushes++;
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      line = await connect();
      lines++;
      isOn = await subscribe(line);
      if (isOn && !stopping.signal.aborted) await line.closed;
      // Behind, or gone while it was asked: nothing of it was used, so nothing is heard twice.
      if (isOn) for (const push of line.pushes) take(push);
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      isOn = false;
      line.close();
    }
  }

  const running = run();
  return {
    seqs,
    reached: () => {
      const pushes = isOn ? line!.pushes : [];
      return new Map([...seqs, ...pushes.map((push) => [nameOf(push), push.seq] as const)]);
    },
    wrong,
    heard: () => ({ pushes, lines }),
    stop: async () => {
      stopping.abort();
      line?.close();
      await running;
    },
  };
}
