/** A shard's topic at its brokers, as verbs need it before they begin. */
import type { KafkaAddress } from "../engine/shell/journal/kafka/link.ts";
import { isMade } from "../engine/shell/journal/kafka/settings.ts";
import type { ShellLog } from "../engine/shell/main.ts";
import { wordsOf } from "./errors.ts";

export const SHARD_MAX = 63;

export const topicOf = (shard: number): string => `solebook-shard-${shard}`;

/** Between two looks of who was started before the journal was made. */
const LOOK_MS = 1_000;

export interface AwaitedTopic {
  readonly shard: number;
  readonly address: KafkaAddress;
  readonly topic: string;
}

/**
 * Resolves once an engine has made the topic. Throws ShellError when no broker answers at first; who has
 * been answered once waits through what brokers do later, which may take as long as the wait itself.
 */
export async function untilMade(
  wanted: AwaitedTopic,
  log: Pick<ShellLog, "info" | "warn">,
  look: typeof isMade = isMade,
  lookMs = LOOK_MS,
): Promise<void> {
  const { shard, address, topic } = wanted;
  for (let looks = 0; ; looks++) {
    try {
      if (await look(address, topic)) return;
      if (looks === 0) log.info({ shard, topic }, "waiting for the journal to be made");
    } catch (error) {
      if (looks === 0) throw error;
      log.warn({ shard, topic }, `still waiting for the journal: ${wordsOf(error)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
