/**
 * The match stream of a shard whose journal is at brokers: a follower at the topic's end, in a process of
 * its own. It claims nothing and writes nothing, so any number may run beside the engines, and a takeover
 * is one more frame to it. Wiring only.
 *
 * It reports no checkpoints, as the stream beside a shard on files does: only the primary can journal one, and
 * a reader that must find the primary and write to it would be no reader any more. Engines report what their
 * snapshots hash to, on the same core and journal.
 */
import type { ShardOptions } from "../../core/limits.ts";
import type { ClaimableJournal } from "../journal/journal.ts";
import { type ListeningHandle, startListening } from "../listening.ts";
import type { ShellLog } from "../main.ts";
import { topicStates } from "../snapshot/states-of-topic.ts";
import { makeStreamServer } from "./server.ts";
import { makeMatchStream, type StreamLimits } from "./stream.ts";

export interface TopicStreamConfig {
  readonly shard: number;
  /** Closed by the stream's end. */
  readonly journal: ClaimableJournal;
  /** Snapshots of its own, if somebody put any there; it takes none. */
  readonly snapshotDirectory: string;
  /** Where engines keep copies of theirs, to begin with; null: nowhere. */
  readonly databaseUrl: string | null;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: ShellLog;
  readonly options?: Partial<ShardOptions>;
  readonly limits?: Partial<StreamLimits>;
}

/** When it stops, all readers are told. */
export function startTopicStream(config: TopicStreamConfig): ListeningHandle {
  return startListening(config, (signal, isListening) =>
    run(config, signal, isListening).finally(() => config.journal.close()),
  );
}

async function run(
  config: TopicStreamConfig,
  signal: AbortSignal,
  isListening: (at: { readonly port: number }) => void,
): Promise<void> {
  const { shard, journal, snapshotDirectory, databaseUrl, options = {}, log } = config;
  const warn = (words: string): void => log.warn({ shard }, words);
  const states = await topicStates({
    shard,
    journal,
    snapshotDirectory,
    databaseUrl,
    options,
    warn,
  });
  const begin = await states.before(Infinity);
  let readUpTo = 0; // once everything there was at the start has been read
  const stream = makeMatchStream({
    shard,
    journal,
    states,
    begin,
    durable: () => readUpTo,
    limits: config.limits ?? {},
    monotonicMs: () => performance.now(),
    onReady: () => isServing(),
  });
  const server = makeStreamServer(new Map([[shard, stream]]));
  const { follower } = stream;

  function isServing(): void {
    server.setServing(true);
    log.info({ shard, sequence: follower.shard.sequence() }, "serving the match stream");
  }

  isListening({ port: await server.listen(config.host, config.port) });
  try {
    await follower.catchUp(signal);
    const { journalId } = follower.place();
    readUpTo = 1; // a journal that nobody has begun: it is served from its first frame on
    if (journalId !== null) {
      stream.open(journalId);
      isServing();
    }
    await stream.run(signal);
  } finally {
    server.setServing(false);
    stream.close("the server stops");
    await server.close();
  }
}
