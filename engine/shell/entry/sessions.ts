/**
 * Who may send commands into a shard from outside this process, and how many: each client has credit for
 * a window of commands, renewed as the shard takes them, so that the ring never overflows and nothing
 * piles up in between. Knows nothing of what carries them.
 *
 * Must never put half a message into the ring: operations of a compound come in one.
 */
import { CommandType } from "../../core/codes.ts";
import {
  clearCommand,
  COMMAND_BYTES,
  COMMAND_F64,
  CommandF64,
  CommandU8,
  makeCommands,
} from "../../core/command.ts";
import { COMMAND_RING_SLOTS } from "../../core/limits.ts";
import { type Consumer, makeRing, openConsumer, openProducer } from "../../ring/ring.ts";
import { CHECKPOINT_COMMANDS, type CommandSink } from "../checkpoint.ts";

export const ENTRANTS_MAX = 8;
/** All windows together fit the ring, and leave room for what the shard itself submits. */
export const WINDOW_COMMANDS = COMMAND_RING_SLOTS / ENTRANTS_MAX - CHECKPOINT_COMMANDS;
/** Credit is told again when so much of a window has been taken, or the ring is empty. */
const TELL_COMMANDS = Math.floor(WINDOW_COMMANDS / 4);

export interface Entrant {
  /** Takes a message of records; what is wrong with it in words, or null. Nothing of a wrong one is taken. */
  enter(records: Uint8Array): string | null;
  /** How many commands it may have sent in all. */
  credit(): number;
  leave(): void;
}

export interface Entrance {
  /** The shard's end. */
  readonly ring: Consumer;
  readonly commands: ReturnType<typeof makeCommands>;
  /** null: there are as many as may be. `onCredit` hears of more to send. */
  join(onCredit: (commandsMax: number) => void): Entrant | null;
  /** Where the shard's own commands go in, a checkpoint at a time; they are never waited for. */
  readonly own: CommandSink;
  /** To be called when the shard has taken commands. */
  taken(): void;
  /** Forgets what waits: the shard is not the writer any more, and nobody else may take it later. */
  discard(): void;
  /** Resolves when commands come, when it is woken, or after that long. */
  wait(timeoutMs: number): Promise<void>;
  wake(): void;
}

/** What only the shard itself, or its own followers, may journal. */
const OWN: readonly number[] = [CommandType.NONE, CommandType.CLOCK, CommandType.CHECKPOINT];

interface Sent {
  /** How far the ring was filled when they had come, and how many they were. */
  readonly until: number;
  readonly count: number;
}

export function makeEntrance(): Entrance {
  const memory = makeRing(COMMAND_RING_SLOTS, COMMAND_BYTES);
  const producer = openProducer(memory);
  const ring = openConsumer(memory, 0);
  const commands = makeCommands(memory.slots, memory.memory, memory.recordsAt);
  const renewals = new Set<() => void>();
  let filled = 0;
  let wakeUp: (() => void) | null = null;

  function wake(): void {
    wakeUp?.();
    wakeUp = null;
  }

  function put(records: Uint8Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const slot = producer.slot(i);
      const at = i * COMMAND_BYTES;
      commands.u8.set(records.subarray(at, at + COMMAND_BYTES), slot * COMMAND_BYTES);
      commands.f64[slot * COMMAND_F64 + CommandF64.sequence] = 0;
      commands.f64[slot * COMMAND_F64 + CommandF64.stampUs] = 0;
    }
    producer.publish(count);
    filled += count;
    wake();
  }

  function join(onCredit: (commandsMax: number) => void): Entrant | null {
    if (renewals.size >= ENTRANTS_MAX) return null;
    const onItsWay: Sent[] = [];
    let received = 0;
    let renewed = 0;
    let told = WINDOW_COMMANDS;

    function renew(): void {
      const consumed = filled - ring.available();
      while (onItsWay.length > 0 && onItsWay[0]!.until <= consumed) {
        renewed += onItsWay.shift()!.count;
      }
      const credit = renewed + WINDOW_COMMANDS;
      if (credit - told < TELL_COMMANDS && !(onItsWay.length === 0 && credit > told)) return;
      told = credit;
      onCredit(credit);
    }

    renewals.add(renew);
    return {
      enter: (records) => {
        const problem = problemOf(records);
        if (problem !== null) return problem;
        const count = records.length / COMMAND_BYTES;
        if (received + count > told) return `more than the ${told} commands there was credit for`;
        if (producer.room() < count) return "the ring is full, which credit should have prevented";
        received += count;
        put(records, count);
        onItsWay.push({ until: filled, count });
        return null;
      },
      credit: () => told,
      leave: () => void renewals.delete(renew),
    };
  }

  let reserved = 0;
  let ownUntil = 0;
  const own: CommandSink = {
    commands,
    reserve: () => {
      const isFree = filled - ring.available() >= ownUntil && producer.room() > reserved;
      if (!isFree || reserved === CHECKPOINT_COMMANDS) return -1;
      const slot = producer.slot(reserved++);
      clearCommand(commands, slot);
      return slot;
    },
    commit: () => {},
    flush: () => {
      if (reserved === 0) return;
      producer.publish(reserved);
      filled += reserved;
      ownUntil = filled;
      reserved = 0;
      wake();
    },
  };

  return {
    ring,
    commands,
    join,
    own,
    taken: () => {
      for (const renew of renewals) renew();
    },
    discard: () => ring.advance(ring.available()),
    wait: (timeoutMs) => {
      return new Promise((resolve) => {
        const timer = setTimeout(() => wake(), timeoutMs);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    wake,
  };
}

function problemOf(records: Uint8Array): string | null {
  if (records.length === 0 || records.length % COMMAND_BYTES !== 0) {
    return `${records.length} bytes are no command records`;
  }
  for (let at = 0; at < records.length; at += COMMAND_BYTES) {
    const type = records[at + CommandU8.type]!;
    if (OWN.includes(type)) return `a command of type ${type} is the shard's own to journal`;
  }
  return null;
}
