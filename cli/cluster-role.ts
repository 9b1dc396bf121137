/**
 * What the roles of a cluster have in common that follow a shard's topic and listen: how they open the
 * journal, say where they are, and end.
 */
import { openKafkaJournal } from "../engine/shell/journal/kafka/kafka.ts";
import type { ClaimableJournal } from "../engine/shell/journal/journal.ts";
import type { ListeningHandle } from "../engine/shell/listening.ts";
import { Failure, wordsOf } from "./errors.ts";
import type { AwaitedTopic } from "./topic.ts";

export function openTopic(at: AwaitedTopic, leaseMs: number): ClaimableJournal {
  const { shard, address, topic } = at;
  const monotonicMs = (): number => performance.now();
  return openKafkaJournal({ address, topic, shard, leaseMs, retainMs: null, monotonicMs });
}

export interface RoleWords {
  readonly name: string;
  /** Who is to come to its address. */
  readonly visitors: string;
  readonly host: string;
  /** What it says at a clean end. */
  readonly stopped: string;
}

/** Until it is asked to stop, or breaks, which is thrown as a Failure. */
export async function listenUntil(
  asked: Promise<unknown>,
  role: ListeningHandle,
  { shard, address, topic }: AwaitedTopic,
  { name, visitors, host, stopped }: RoleWords,
): Promise<void> {
  let port = 0;
  try {
    ({ port } = await role.listening);
  } catch (error) {
    throw new Failure(wordsOf(error));
  }
  const journal = "journal".padEnd(visitors.length);
  process.stdout.write(
    `Solebook ${name} of shard ${shard}\n\n` +
      `  ${visitors}  ${host}:${port} (gRPC)\n` +
      `  ${journal}  topic ${topic} at ${address.brokers.join(", ")}\n\n` +
      "Ctrl-C stops it.\n",
  );
  await Promise.race([asked, role.ended]);
  await role.stop();
  const broke = await role.ended;
  if (broke !== null) throw new Failure(broke.message);
  process.stdout.write(`${stopped}\n`);
}
