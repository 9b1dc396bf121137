/** A topic that could lose what was acknowledged is refused at the start, in words. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newTopic, startTestBroker, type TestBroker } from "../../testing/kafka.ts";
import { ConfigResourceTypes, Kafka, logLevel } from "./kafkajs.ts";
import { findWrongSettings, settleTopic } from "./settings.ts";

let broker: TestBroker;
beforeAll(async () => void (broker = await startTestBroker()));
afterAll(() => broker.stop());

const ONE = { replication: 1 };

test("a topic made here is right, and made only once", async () => {
  const topic = `${await newTopic(broker.address)}-new`;
  expect(await findWrongSettings(broker.address, topic, ONE)).toBeNull();
  await settleTopic(broker.address, topic, ONE, true);
  expect(await findWrongSettings(broker.address, topic, ONE)).toEqual([]);
  await settleTopic(broker.address, topic, ONE, true);
  await settleTopic(broker.address, topic, ONE, false);
});

const WRONG = [
  ["unclean.leader.election.enable", "true", "acknowledged orders would be gone"],
  ["cleanup.policy", "compact", "takes records out of the middle of the journal"],
  ["retention.ms", "604800000", "would delete the journal by its age"],
  ["retention.bytes", "1073741824", "would delete the journal by its size"],
  ["max.message.bytes", "40000", "a full batch would be refused"],
] as const;

test.each(WRONG)("%s=%s is refused", async (name, value, why) => {
  const topic = await newTopic(broker.address);
  await alter(topic, name, value);
  await expect(settleTopic(broker.address, topic, ONE, true)).rejects.toMatchObject({
    code: "BROKER_SETTINGS",
    message: expect.stringMatching(new RegExp(`${name} is ${value} and must be .*${why}`)),
  });
});

test("one copy where three were asked for: too few copies, and too few of them in sync", async () => {
  const topic = await newTopic(broker.address);
  const wrong = await findWrongSettings(broker.address, topic, { replication: 3 });
  expect(wrong).toEqual([
    expect.stringContaining("each record has 1 copies; 3 were asked for"),
    expect.stringContaining("min.insync.replicas is 1 and must be at least 2"),
  ]);
});

test("a topic of two partitions has no order", async () => {
  const topic = await newTopic(broker.address);
  await withAdmin((admin) =>
    admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] }).then(() => {}),
  );
  expect(await findWrongSettings(broker.address, topic, ONE)).toEqual([
    expect.stringContaining("it has 2 partitions"),
  ]);
});

test("a topic that is gone is not made again for a shard that had a journal", async () => {
  await expect(settleTopic(broker.address, "never-made", ONE, false)).rejects.toMatchObject({
    code: "JOURNAL_FOREIGN",
    message: expect.stringContaining("there is no topic never-made"),
  });
});

test("brokers that do not answer are named", async () => {
  const nobody = { brokers: ["127.0.0.1:1"], clientId: "solebook-test" };
  await expect(settleTopic(nobody, "any", ONE, true)).rejects.toMatchObject({
    code: "JOURNAL_UNAVAILABLE",
    message: expect.stringContaining("127.0.0.1:1"),
  });
});

async function alter(topic: string, name: string, value: string): Promise<void> {
  await withAdmin(async (admin) => {
    const configEntries = [{ name, value }];
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  });
}

async function withAdmin(
  work: (admin: ReturnType<InstanceType<typeof Kafka>["admin"]>) => Promise<void>,
): Promise<void> {
  const { brokers } = broker.address;
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}
