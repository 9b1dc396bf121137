/**
 * One engine process of a cluster: a shard whose journal is at brokers, as its standby or its primary,
 * whichever it is at the time. It follows the journal, takes over after a lease of silence, takes
 * commands from gateways over gRPC, steps down when it must, and follows again. Wiring only.
 *
 * Must never take a command later that came before it stepped down: gateways conclude from the next
 * primary's events that it never happened. So what waits is forgotten with the office.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { makeEvents } from "../core/event.ts";
import { EVENTS_PER_COMMAND_MAX, type ShardOptions } from "../core/limits.ts";
import { makeStatusMemory, openStatus, ShardState } from "../ring/status.ts";
import { submitCheckpoint } from "./checkpoint.ts";
import { makeClock, systemTime } from "./clock.ts";
import { RECORDS } from "./entry/records.ts";
import { type EntryServer, makeEntryServer } from "./entry/server.ts";
import { type Entrance, makeEntrance } from "./entry/sessions.ts";
import { journalStates, type States } from "./follower.ts";
import type { ClaimableJournal, JournalPlace } from "./journal/journal.ts";
import type { KafkaAddress } from "./journal/kafka/link.ts";
import { type ListeningHandle, startListening } from "./listening.ts";
import type { ShellLog } from "./main.ts";
import { makeMatchStream, type MatchStream } from "./match-stream/stream.ts";
import type { Publisher } from "./publisher.ts";
import { runRemotePrimary } from "./remote-primary.ts";
import { type Snapshots, startSnapshots } from "./snapshot/main.ts";
import { topicStates } from "./snapshot/states-of-topic.ts";
import { standBy, type TakenOver } from "./standby.ts";

export interface ClusterShardConfig {
  readonly shard: number;
  readonly journal: ClaimableJournal;
  readonly leaseMs: number;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly log: ShellLog;
  readonly options?: Partial<ShardOptions>;
  /** null: it begins with the journal's first command, always. */
  readonly snapshots: ClusterSnapshots | null;
}

/** Where an engine begins, and what it leaves for the next one. */
export interface ClusterSnapshots {
  /** Of this engine alone. */
  readonly directory: string;
  /** Where all engines of all shards have copies; null: nowhere. */
  readonly databaseUrl: string | null;
  /** One is due after so many commands; 0: none is taken. */
  readonly everyCommands: number;
  /** The journal's, for the process that takes one. */
  readonly address: KafkaAddress;
  readonly topic: string;
}

/** Room for what one batch decides is made by telling it piece by piece. */
const ROOM = 512 * EVENTS_PER_COMMAND_MAX;

/** When it stops, what waits is journaled, and a checkpoint is written. */
export function startClusterShard(config: ClusterShardConfig): ListeningHandle {
  return startListening(config, (signal, isListening) => {
    const entrance = makeEntrance();
    signal.addEventListener("abort", entrance.wake);
    return run(config, entrance, signal, isListening);
  });
}

interface Parts {
  readonly config: ClusterShardConfig;
  readonly stream: MatchStream;
  readonly entrance: Entrance;
  readonly server: EntryServer;
  readonly signal: AbortSignal;
  /** The claim that stands while this process is the writer; else null. */
  office: TakenOver | null;
  place: JournalPlace;
}

async function run(
  config: ClusterShardConfig,
  entrance: Entrance,
  signal: AbortSignal,
  isListening: (at: { readonly port: number }) => void,
): Promise<void> {
  const { shard: number, journal } = config;
  const states = await statesOf(config);
  const begin = await states.before(Infinity);
  const stream = makeMatchStream({
    shard: number,
    journal,
    states,
    begin,
    durable: () => 0,
    monotonicMs: () => performance.now(),
    format: RECORDS,
  });
  const { shard } = stream.follower;
  const parts: Parts = {
    config,
    stream,
    entrance,
    server: makeEntryServer({
      shard: number,
      stream,
      entrance,
      standing: () => ({
        isPrimary: parts.office !== null,
        term: parts.place.term,
        sequence: shard.sequence(),
        journalId: parts.place.journalId,
      }),
      figures: () => ({
        sequence: shard.sequence(),
        tradesTotal: shard.tradesTotal(),
        ordersTotal: shard.ordersTotal(),
        ordersOpen: shard.ordersOpen(),
      }),
    }),
    signal,
    office: null,
    place: begin.place,
  };
  isListening({ port: await parts.server.listen(config.host, config.port) });
  const snapshots = keepSnapshots(parts);
  try {
    while (await turn(parts));
  } finally {
    await snapshots?.stop();
    stepDown(parts, "the engine stops");
    journal.close();
    await parts.server.close();
  }
}

async function statesOf(config: ClusterShardConfig): Promise<States> {
  const { shard, journal, options = {}, snapshots, log } = config;
  if (snapshots === null) return journalStates(options);
  return topicStates({
    shard,
    journal,
    snapshotDirectory: snapshots.directory,
    databaseUrl: snapshots.databaseUrl,
    options,
    warn: (words) => log.warn({ shard }, words),
  });
}

/** Each engine has its own taken, by a process of its own, whether it follows or writes. */
function keepSnapshots(parts: Parts): Snapshots | null {
  const { config, stream, entrance } = parts;
  const { shard, leaseMs, log, options = {}, snapshots } = config;
  if (snapshots === null || snapshots.everyCommands === 0) return null;
  const { directory, databaseUrl, everyCommands, address, topic } = snapshots;
  return startSnapshots({
    shard,
    subject: {
      sequence: () => stream.follower.shard.sequence(),
      state: () => ShardState.LIVE,
      journal: () => ({ kind: "brokers", address, topic, leaseMs }),
    },
    snapshotDirectory: directory,
    log,
    everyCommands,
    databaseUrl: () => databaseUrl,
    options,
    onCheckpoint: (checkpoint) => {
      if (parts.office !== null) submitCheckpoint(entrance.own, checkpoint);
    },
  });
}

/** Follows, and then writes for as long as it may; false when it was asked to stop. */
async function turn(parts: Parts): Promise<boolean> {
  const { config, stream, signal } = parts;
  const { shard, leaseMs, log } = config;
  log.info({ shard, sequence: stream.follower.shard.sequence() }, "standing by");
  const taken = await standBy({
    journal: config.journal,
    from: parts.place,
    leaseMs,
    signal,
    monotonicMs: () => performance.now(),
    apply: (frame) => {
      stream.follower.apply(frame);
      parts.place = frame.place;
    },
  });
  if (taken === null) return false;
  parts.office = taken;
  parts.place = taken.place;
  const { term } = taken.place;
  log.info({ shard, term, sequence: stream.follower.shard.sequence() }, "primary");
  stream.flush();
  stream.open(Buffer.from(taken.writer.id, "hex"));
  parts.server.setServing(true);
  const down = await write(parts, taken);
  parts.place = taken.writer.place();
  taken.writer.close();
  if (down === null) return false;
  stepDown(parts, "the engine is not the primary any more");
  log.warn({ shard, term, kind: down.kind }, `stepped down: ${down.why}`);
  // Whoever claimed first has the lease; one that cannot reach its brokers does not ask them at once.
  await sleep(Math.min(leaseMs / 10, 100));
  return !signal.aborted;
}

function stepDown(parts: Parts, words: string): void {
  parts.office = null;
  parts.server.setServing(false);
  parts.stream.close(words);
  parts.server.endAll(words);
  parts.entrance.discard();
}

function write(parts: Parts, { writer, lease }: TakenOver): ReturnType<typeof runRemotePrimary> {
  const { stream, entrance, signal, config } = parts;
  const { shard } = stream.follower;
  const { shard: number, log } = config;
  const status = openStatus(makeStatusMemory());
  status.setState(ShardState.LIVE);
  return runRemotePrimary({
    shard,
    journal: writer,
    lease,
    clock: makeClock(systemTime, shard.lastStampUs(), (offByUs) => {
      const seconds = Math.round(offByUs / 1_000_000);
      log.warn({ shard: number }, `the system's clock jumped by ${seconds} s; not followed`);
    }),
    status,
    commandRing: entrance.ring,
    commands: entrance.commands,
    publisher: makePublisher(stream, Buffer.from(writer.id, "hex"), entrance.taken),
    recoveredCommands: 0,
    monotonicMs: () => performance.now(),
    wait: entrance.wait,
    isStopAsked: () => signal.aborted,
  });
}

/** Events go to the stream's window, which every reader is given from; none is waited for. */
function makePublisher(stream: MatchStream, journalId: Buffer, taken: () => void): Publisher {
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  return {
    room: () => ROOM,
    waitForRoom: () => true,
    apply: (shard, commands, index) => {
      events.count = 0;
      shard.apply(commands, index, events);
      stream.take({ journalId, events, nextSequence: shard.sequence() + 1 });
    },
    publish: () => {
      stream.flush();
      // The ring moves on right after this: a promise's turn later is soon enough.
      queueMicrotask(taken);
    },
  };
}
