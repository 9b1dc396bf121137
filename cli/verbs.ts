/** The verbs of `solebook`: one file each, loaded only when it is asked for. */

export interface Verb {
  /** The whole help page of the verb, from `solebook …` on, ending with a newline. */
  readonly usage: string;
  /** Does it. Throws `UsageError` for wrong arguments and `Failure` for what could not be done. */
  run(args: readonly string[]): Promise<void>;
}

interface Entry {
  readonly summary: string;
  load(): Promise<Verb>;
}

export const VERBS: Readonly<Record<string, Entry>> = {
  up: {
    summary: "start the exchange; Ctrl-C stops it",
    load: () => import("./verbs/up.ts"),
  },
  engine: {
    summary: "one shard of a cluster, its journal at Kafka brokers: its primary or a standby",
    load: () => import("./verbs/engine.ts"),
  },
  "match-stream": {
    summary: "serve the events of one shard of a cluster over gRPC",
    load: () => import("./verbs/match-stream.ts"),
  },
  gateway: {
    summary: "start one gateway of a cluster",
    load: () => import("./verbs/gateway.ts"),
  },
  key: {
    summary: "create, change, list and revoke the keys traders log on with",
    load: () => import("./verbs/key.ts"),
  },
  "import-sales": {
    summary: "trade a file of real sales through the public socket, and check every trade",
    load: () => import("./verbs/import-sales.ts"),
  },
  match: {
    summary: "ask the matching core alone what would happen, in JSON lines",
    load: () => import("./verbs/match.ts"),
  },
  journal: {
    summary: "verify, inspect or tail a journal, also while the exchange runs",
    load: () => import("./verbs/journal.ts"),
  },
  snapshot: {
    summary: "list, verify or create snapshots of the books",
    load: () => import("./verbs/snapshot.ts"),
  },
  replay: {
    summary: "what comes of a journal's commands, by one version of the core or by two",
    load: () => import("./verbs/replay.ts"),
  },
  doctor: {
    summary: "what is wrong with this installation, in words",
    load: () => import("./verbs/doctor.ts"),
  },
};
