/** A match stream over gRPC in this process, fed from a journal that the test writes. */
import { emptyState, type States, journalStates } from "../follower.ts";
import { makeStreamServer } from "../match-stream/server.ts";
import { makeMatchStream, type StreamLimits } from "../match-stream/stream.ts";
import { SIZES, type WrittenJournal } from "./written.ts";

export interface Served {
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

export interface ServeOptions {
  readonly port?: number;
  readonly limits?: Partial<StreamLimits>;
  readonly states?: States;
}

/** Resolves when readers are taken; rejects when the journal cannot be followed. */
export async function serve(written: WrittenJournal, options: ServeOptions = {}): Promise<Served> {
  const { states = journalStates(SIZES), limits = {}, port = 0 } = options;
  const ready = Promise.withResolvers<void>();
  const stream = makeMatchStream({
    shard: 0,
    journal: written,
    states,
    begin: states.oldest() === 0 ? emptyState(SIZES) : await states.before(Infinity),
    durable: written.durable,
    limits,
    monotonicMs: () => performance.now(),
    onReady: () => {
      server.setServing(true);
      ready.resolve();
    },
  });
  const server = makeStreamServer(new Map([[0, stream]]));
  const bound = await server.listen("127.0.0.1", port);
  const stopping = new AbortController();
  const running = stream.run(stopping.signal);
  running.catch((error: unknown) => ready.reject(error));
  await ready.promise;
  return {
    address: `127.0.0.1:${bound}`,
    port: bound,
    stop: async () => {
      stopping.abort();
      await running.catch(() => {});
      server.setServing(false);
      await server.close();
    },
  };
}
