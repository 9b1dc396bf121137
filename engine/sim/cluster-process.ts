/**
 * One process of a cluster: follows the journal at the broker, claims it when it falls silent, leads
 * until it must not any more, and follows again. All of that is the shell's; here are its wires.
 */
import { COMMAND_BYTES, makeCommands } from "../core/command.ts";
import { EVENT_BYTES, makeEvents } from "../core/event.ts";
import { BATCH_COMMANDS_MAX, EVENTS_PER_COMMAND_MAX } from "../core/limits.ts";
import type { Shard } from "../core/shard-api.ts";
import { makeRing, openConsumer, openProducer } from "../ring/ring.ts";
import { makeStatusMemory, openStatus, ShardState } from "../ring/status.ts";
import { makeClock, type TimeSources } from "../shell/clock.ts";
import { HEADER_BYTES } from "../shell/journal/frame.ts";
import { JOURNAL_START, type JournalFrame, type JournalPlace } from "../shell/journal/journal.ts";
import { openKafkaJournal } from "../shell/journal/kafka/kafka.ts";
import type { OpenLink } from "../shell/journal/kafka/link.ts";
import { eventsOf, makeEventRing, makePublisher } from "../shell/publisher.ts";
import { runRemotePrimary } from "../shell/remote-primary.ts";
import { standBy, type TakenOver } from "../shell/standby.ts";
import type { Random } from "./random.ts";
import { makeSimShard } from "./reference.ts";
import type { Process } from "./scheduler.ts";

const COMMAND_SLOTS = 256;
const EVENT_SLOTS = 16_384; // 32 commands at a time

export interface ClusterParts {
  readonly process: Process;
  readonly connect: OpenLink;
  readonly random: Random;
  readonly time: TimeSources;
  readonly leaseMs: number;
  /** An event that it told as the writer. */
  told(writer: string, event: Buffer): void;
  /** An event that it only came to as a follower. */
  followed(event: Buffer): void;
  say(words: string): void;
  /** It was refused: the journal is not what it should be. */
  broke(error: unknown): void;
}

export interface ClusterProcess {
  readonly process: Process;
  readonly shard: Shard;
  isUp(): boolean;
  place(): JournalPlace;
  /** False when it is full. */
  submit(record: Uint8Array): boolean;
  /** Asks for a clean end. */
  stop(): void;
  isOver(): boolean;
}

export function startClusterProcess(parts: ClusterParts): ClusterProcess {
  const { process, random, time, leaseMs } = parts;
  const monotonicMs = (): number => time.monotonicUs() / 1_000;
  const { journal, shard } = openParts(parts, monotonicMs);
  const commandRing = makeRing(COMMAND_SLOTS, COMMAND_BYTES);
  const commands = makeCommands(COMMAND_SLOTS, commandRing.memory, commandRing.recordsAt);
  const sender = openProducer(commandRing);
  const waiting = openConsumer(commandRing, 0);
  const stop = new AbortController();
  let place = JOURNAL_START;
  let writerPlace: (() => JournalPlace) | null = null;
  let wake = (): void => {};
  let isOver = false;

  /** For commands, a stop, or the time; as the event loop of a real one waits. */
  function wait(timeoutMs: number): Promise<void> {
    if (waiting.available() > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function lead({ writer, lease }: TakenOver): Promise<void> {
    parts.say(`${process.name} leads in term ${writer.place().term}`);
    writerPlace = writer.place;
    const status = openStatus(makeStatusMemory());
    status.setState(ShardState.LIVE);
    const name = journal.writerId.toString("hex");
    const down = await runRemotePrimary({
      shard,
      journal: writer,
      lease,
      clock: makeClock(time, shard.lastStampUs(), () => {}),
      status,
      commandRing: waiting,
      commands,
      publisher: makeTeller((event) => parts.told(name, event)),
      recoveredCommands: 0,
      monotonicMs,
      wait,
      isStopAsked: () => stop.signal.aborted,
    });
    writer.close();
    place = writer.place();
    writerPlace = null;
    parts.say(`${process.name} steps down: ${down === null ? "it was asked to stop" : down.kind}`);
  }

  const apply = makeFollowing(shard, parts.followed);

  async function live(): Promise<void> {
    while (!stop.signal.aborted) {
      const taken = await standBy({
        journal,
        from: place,
        leaseMs,
        signal: stop.signal,
        monotonicMs,
        apply: (frame) => {
          apply(frame);
          ({ place } = frame);
        },
      });
      if (taken !== null) await lead(taken);
    }
    isOver = true;
  }

  setTimeout(() => void live().catch(parts.broke), random.below(20));
  return {
    process,
    shard,
    isUp: () => writerPlace !== null,
    place: () => writerPlace?.() ?? place,
    submit: (record) => {
      if (sender.room() === 0) return false;
      commands.u8.set(record, sender.slot(0) * COMMAND_BYTES);
      sender.publish(1);
      wake();
      return true;
    },
    stop: () => {
      stop.abort();
      wake();
    },
    isOver: () => isOver,
  };
}

function openParts({ random, connect, leaseMs }: ClusterParts, monotonicMs: () => number) {
  const journal = openKafkaJournal({
    address: { brokers: ["simulated:1"], clientId: "sim" },
    topic: "sim",
    shard: 0,
    leaseMs,
    retainMs: null,
    monotonicMs,
    connect,
    randomBytes: random.bytes,
  });
  return { journal, shard: makeSimShard("fast", random.below(2 ** 31)) };
}

/** The writer's publisher, whose reader reads at once. */
function makeTeller(tell: (event: Buffer) => void): ReturnType<typeof makePublisher> {
  const ring = makeEventRing(EVENT_SLOTS);
  const { memory, recordsAt } = ring;
  const reader = openConsumer(ring, 0);
  const bytes = Buffer.from(memory, recordsAt);
  return makePublisher(openProducer(ring), eventsOf(ring), () => {
    const count = reader.available();
    for (let i = 0; i < count; i++) {
      const at = reader.slot(i) * EVENT_BYTES;
      tell(bytes.subarray(at, at + EVENT_BYTES));
    }
    reader.advance(count);
  });
}

function makeFollowing(shard: Shard, followed: (event: Buffer) => void) {
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const bytes = Buffer.from(events.u8.buffer);
  return ({ header, bytes: frame }: JournalFrame): void => {
    const batch = makeCommands(BATCH_COMMANDS_MAX, frame.buffer, frame.byteOffset + HEADER_BYTES);
    for (let i = 0; i < header.count; i++) {
      events.count = 0;
      shard.apply(batch, i, events);
      for (let event = 0; event < events.count; event++) {
        followed(bytes.subarray(event * EVENT_BYTES, (event + 1) * EVENT_BYTES));
      }
    }
  };
}
