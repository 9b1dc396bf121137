/**
 * A server of this process: it listens, runs until it is told to stop or something breaks, and says
 * once how it ended. For the roles of a cluster, whose whole process is one of these.
 */
import { asShellError, type ShellError } from "./errors.ts";
import type { ShellLog } from "./main.ts";

export interface ListeningHandle {
  /** It listens. Rejects with ShellError when it cannot. */
  readonly listening: Promise<{ readonly port: number }>;
  /** Resolves once, with null after a clean stop, or with what broke. */
  readonly ended: Promise<ShellError | null>;
  /** Resolves when it has ended, and its port is free. */
  stop(): Promise<void>;
}

/** Runs until `signal` says stop; what it throws is what broke. */
export type Listener = (
  signal: AbortSignal,
  isListening: (at: { readonly port: number }) => void,
) => Promise<void>;

export function startListening(
  { shard, log }: { readonly shard: number; readonly log: ShellLog },
  run: Listener,
): ListeningHandle {
  const stop = new AbortController();
  const listening = Promise.withResolvers<{ readonly port: number }>();
  listening.promise.catch(() => {}); // also told by `ended`
  const ended = run(stop.signal, listening.resolve).then(
    () => null,
    (thrown: unknown) => {
      const error = asShellError(thrown);
      log.error({ shard, code: error.code }, error.message);
      listening.reject(error);
      return error;
    },
  );
  return {
    listening: listening.promise,
    ended,
    stop: async () => {
      stop.abort();
      await ended;
    },
  };
}
