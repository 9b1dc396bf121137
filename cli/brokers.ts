/** Where Kafka is, as flags and the environment say it. */
import type { KafkaAddress } from "../engine/shell/journal/kafka/link.ts";
import { config } from "./config.ts";
import { UsageError } from "./errors.ts";
import { accessOf } from "./kafka-access.ts";

/** Where it is, and how it is reached. Throws UsageError. */
export function kafkaAt(flag: string | undefined, clientId: string): KafkaAddress {
  return { brokers: brokersOf(flag), clientId, ...accessOf(config.kafkaSaid) };
}

/** `flag`: HOST:PORT, several with commas; without it KAFKA_BROKERS counts. Throws UsageError. */
function brokersOf(flag: string | undefined): string[] {
  const text = flag ?? config.servers.kafka;
  if (text === null) throw new UsageError("--brokers is missing, and KAFKA_BROKERS is not set");
  const brokers = text.split(",").map((each) => each.trim());
  const wrong = brokers.find((each) => !/^[^\s:]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$/i.test(each));
  if (wrong !== undefined) throw new UsageError(`a broker is HOST:PORT, not "${wrong}"`);
  return brokers;
}
