/**
 * The match stream of a shard whose journal is at brokers: a follower at the topic's end, in a process of
 * its own. It claims nothing and writes nothing, so any number may run beside the engines, and a takeover
 * is one more frame to it. Wiring only.
 */
import type { ShardOptions } from "../../core/limits.ts";
import { asShellError, type ShellError } from "../errors.ts";
import type { ClaimableJournal } from "../journal/journal.ts";
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

export interface TopicStreamHandle {
  /** It listens. Rejects with ShellError when it cannot. */
  readonly listening: Promise<{ readonly port: number }>;
  /** Resolves once, with null after a clean stop, or with what broke. */
  readonly ended: Promise<ShellError | null>;
  /** All readers are told, and the port is free. */
  stop(): Promise<void>;
}

export function startTopicStream(config: TopicStreamConfig): TopicStreamHandle {
  const stop = new AbortController();
  const listening = Promise.withResolvers<{ readonly port: number }>();
  listening.promise.catch(() => {}); // also told by `ended`
  const ended = run(config, stop.signal, listening.resolve)
    .then(
      () => null,
      (thrown: unknown) => {
        const error = asShellError(thrown);
        config.log.error({ shard: config.shard, code: error.code }, error.message);
        listening.reject(error);
        return error;
      },
    )
    .finally(() => config.journal.close());
  return {
    listening: listening.promise,
    ended,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
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
