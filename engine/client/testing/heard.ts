/** What a listener of a shard heard, and commands committed as tests write them. */
import { EVENT_BYTES, EVENT_F64, EventF64, EventU8 } from "../../core/event.ts";
import { COMMAND_F64, CommandF64 } from "../../core/command.ts";
import { type Fill, fieldsAt } from "../../shell/testing/orders.ts";
import type { ShardClient } from "../shard-client.ts";

export interface Heard {
  /** "SEQUENCE TYPE" of each event. */
  readonly log: readonly string[];
  /** Each command's sequence once, in the order of their events. */
  readonly sequences: readonly number[];
  /** Sequence of each response, by correlation. */
  readonly sequenceOf: ReadonlyMap<number, number>;
  /** Types of responses by correlation; as many as came. */
  readonly answers: ReadonlyMap<number, readonly number[]>;
  readonly batches: number;
  /** "away", "back", "doubt", "stopped REASON". */
  readonly said: readonly string[];
  /** Correlations of what never happened. */
  readonly never: readonly number[];
  ready(): Promise<void>;
  /** Resolves when each was answered, or said never to have happened. */
  answered(correlations: readonly number[]): Promise<void>;
}

export function hear(client: ShardClient): Heard {
  const log: string[] = [];
  const sequences: number[] = [];
  const sequenceOf = new Map<number, number>();
  const answers = new Map<number, number[]>();
  const said: string[] = [];
  const never: number[] = [];
  const ready = Promise.withResolvers<void>();
  let batches = 0;
  client.listen({
    onEvent: ({ u8, f64 }, index) => {
      const type = u8[index * EVENT_BYTES + EventU8.type]!;
      const sequence = f64[index * EVENT_F64 + EventF64.sequence]!;
      const correlation = f64[index * EVENT_F64 + EventF64.correlation]!;
      log.push(`${sequence} ${type}`);
      if (sequences.at(-1) !== sequence) sequences.push(sequence);
      if (correlation === 0) return;
      sequenceOf.set(correlation, sequence);
      const known = answers.get(correlation);
      if (known === undefined) answers.set(correlation, [type]);
      else known.push(type);
    },
    onBatchEnd: () => void batches++,
    onReady: () => ready.resolve(),
    onStopped: (reason) => void said.push(`stopped ${reason}`),
    onAway: () => void said.push("away"),
    onBack: () => void said.push("back"),
    onInDoubt: () => void said.push("doubt"),
    onNeverHappened: (correlation) => void never.push(correlation),
  });
  return {
    log,
    sequences,
    sequenceOf,
    answers,
    said,
    never,
    get batches() {
      return batches;
    },
    ready: () => ready.promise,
    answered: async (correlations) => {
      const isOpen = (one: number): boolean => !answers.has(one) && !never.includes(one);
      while (correlations.some(isOpen)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

let correlation = 0;

/** Commits them under correlations of their own, which it answers. */
export function commitAll(client: ShardClient, fills: readonly Fill[], isFlushed = true): number[] {
  const correlations = fills.map((fill) => {
    const index = client.reserve();
    if (index < 0) throw new Error(`refused: ${client.refusal()}`);
    fill(fieldsAt(client.commands, index));
    client.commands.f64[index * COMMAND_F64 + CommandF64.correlation] = ++correlation;
    client.commit();
    return correlation;
  });
  if (isFlushed) client.flush();
  return correlations;
}
