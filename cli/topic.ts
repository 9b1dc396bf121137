/** A shard's topic at its brokers, as verbs need it before they begin. */
import type { Logger } from "pino";
import type { KafkaAddress } from "../engine/shell/journal/kafka/link.ts";
import { isMade } from "../engine/shell/journal/kafka/settings.ts";

export const SHARD_MAX = 63;

export const topicOf = (shard: number): string => `solebook-shard-${shard}`;

/** Between two looks of who was started before the journal was made. */
const LOOK_MS = 1_000;

export interface AwaitedTopic {
  readonly shard: number;
  readonly address: KafkaAddress;
  readonly topic: string;
}

/** Resolves once an engine has made the topic. Throws ShellError when no broker answers. */
export async function untilMade(wanted: AwaitedTopic, logger: Logger): Promise<void> {
  const { shard, address, topic } = wanted;
  for (let looks = 0; ; looks++) {
    if (await isMade(address, topic)) return;
    if (looks === 0) logger.info({ shard, topic }, "waiting for the journal to be made");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
