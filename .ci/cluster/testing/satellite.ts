/** What a satellite hears of all shards: their match streams, each from its first command on. */
import { readMatchStream } from "../../../engine/client/match-stream.ts";
import { writeOrderId } from "../../../gateway/written-forms.ts";
import type { Stream } from "../cluster.ts";

export interface Satellite {
  /** By the order's id as its owner knows it, how often it was told as accepted. */
  readonly accepted: ReadonlyMap<string, number>;
  /** What did not follow the batch before; must stay empty. */
  readonly wrong: readonly string[];
  stop(): Promise<void>;
}

export function listenToStreams(streams: readonly Stream[]): Satellite {
  const accepted = new Map<string, number>();
  const wrong: string[] = [];
  const stopping = new AbortController();
  const { signal } = stopping;

  async function read({ shard, address }: Stream): Promise<void> {
    let next = 1;
    for await (const batch of readMatchStream({ address, shard, fromSequence: 1, signal })) {
      const { firstSequence, nextSequence, events } = batch;
      if (firstSequence !== next) wrong.push(`${shard}: ${firstSequence} came, not ${next}`);
      next = nextSequence;
      for (const { event } of events) {
        if (event.case !== "accepted" || event.value.duplicate) continue;
        const id = writeOrderId(shard, Number(event.value.party!.orderId));
        accepted.set(id, (accepted.get(id) ?? 0) + 1);
      }
    }
  }

  const reading = Promise.all(streams.map(read));
  return {
    accepted,
    wrong,
    stop: async () => {
      stopping.abort();
      await reading;
    },
  };
}
