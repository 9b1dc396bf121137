/**
 * Kafka that wants TLS and a password, as managed Kafka does: what may be said, an engine that runs by it at a
 * real broker, and what the doctor and a start say of an access that is wrong.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type KafkaCluster, startCluster } from "../.ci/servers/kafka/cluster.ts";
import { openEntryClient } from "../engine/client/entry-client.ts";
import { commitAll, hear } from "../engine/client/testing/heard.ts";
import { EventType, Side } from "../engine/core/codes.ts";
import { until } from "../engine/shell/testing/contest.ts";
import { MARKET, placed } from "../engine/shell/testing/orders.ts";
import type { Finding } from "./doctor/finding.ts";
import { accessOf, type KafkaSaid } from "./kafka-access.ts";
import { solebook } from "./testing/command.ts";

const LAUNCHER = fileURLToPath(new URL("./solebook.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "solebook-access-"));
const passwordFile = join(folder, "password");
const NOTHING: KafkaSaid = {
  KAFKA_TLS: null,
  KAFKA_TLS_CA: null,
  KAFKA_SASL: null,
  KAFKA_SASL_USERNAME: null,
  KAFKA_SASL_PASSWORD: null,
  KAFKA_SASL_PASSWORD_FILE: null,
};

let cluster: KafkaCluster;
/** What is said of the broker's guarded listener, rightly. */
let right: Record<string, string>;
beforeAll(async () => {
  cluster = await startCluster({ brokers: 1, isGuarded: true });
  const { address, caFile, username, password } = cluster.guarded!;
  writeFileSync(passwordFile, `${password}\n`);
  right = {
    KAFKA_BROKERS: address,
    KAFKA_TLS: "1",
    KAFKA_TLS_CA: caFile,
    KAFKA_SASL: "scram-sha-512",
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD_FILE: passwordFile,
  };
}, 120_000);
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true });
});

const BY_NAME = { KAFKA_SASL: "PLAIN", KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };

test("what is said is what is used; nothing is nothing", () => {
  expect(accessOf(NOTHING)).toEqual({});
  expect(accessOf({ ...NOTHING, KAFKA_TLS: "1" })).toEqual({ ssl: {} });
  const sasl = { mechanism: "plain", username: "u", password: "p" };
  expect(accessOf({ ...NOTHING, ...BY_NAME, KAFKA_TLS: "0" })).toEqual({ sasl });
  expect(accessOf({ ...NOTHING, ...BY_NAME, KAFKA_TLS: "1" })).toEqual({ ssl: {}, sasl });
});

// What is said | what is wrong with it
test.each<[Partial<KafkaSaid>, RegExp]>([
  [{ KAFKA_TLS: "yes" }, /KAFKA_TLS is 0 or 1/],
  [{ KAFKA_TLS_CA: "ca.pem" }, /KAFKA_TLS_CA goes with KAFKA_TLS=1/],
  [{ KAFKA_TLS: "1", KAFKA_TLS_CA: "/no/ca" }, /KAFKA_TLS_CA names \/no\/ca, .* \(ENOENT\)/],
  [BY_NAME, /say KAFKA_TLS=1, or 0/],
  [{ ...BY_NAME, KAFKA_SASL: "gssapi" }, /plain or scram-sha-256 or scram-sha-512, not "gssapi"/],
  [{ ...BY_NAME, KAFKA_SASL: null }, /goes with KAFKA_SASL/],
  [{ ...BY_NAME, KAFKA_TLS: "1", KAFKA_SASL_USERNAME: null }, /KAFKA_SASL_USERNAME is missing/],
  [{ ...BY_NAME, KAFKA_TLS: "1", KAFKA_SASL_PASSWORD: null }, /PASSWORD_FILE or KAFKA_SASL_PASS/],
  [{ ...BY_NAME, KAFKA_TLS: "1", KAFKA_SASL_PASSWORD_FILE: "x" }, /and not both/],
])("%j is refused", (said, words) => {
  expect(() => accessOf({ ...NOTHING, ...said })).toThrow(words);
});

test("a misspelt setting stops the start: its password would travel in clear", async () => {
  const { status, stderr } = await solebook(["help"], {
    env: { KAFKA_TSL: "1", KAFKA_SASL_USER: "u" },
  });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining("there is no setting KAFKA_SASL_USER"),
  });
});

async function doctor(env: Record<string, string>): Promise<Finding> {
  const { stdout } = await solebook(["doctor", "--json", "--data", join(folder, "no")], { env });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  expect(stdout).not.toContain(cluster.guarded!.password);
  return findings.find(({ about }) => about === "kafka")!;
}

// The mechanism and where the password is
test.each(["plain", "scram-sha-256", "scram-sha-512"])("the doctor comes in by %s", async (by) => {
  expect(await doctor({ ...right, KAFKA_SASL: by })).toMatchObject({ health: "good" });
});

// What is said otherwise; null: not at all | what the doctor says
test.each<[string, Record<string, string | null>, RegExp]>([
  [
    "a wrong password",
    { KAFKA_SASL_PASSWORD: "x", KAFKA_SASL_PASSWORD_FILE: null },
    /refuse this user name and password/,
  ],
  ["no TLS", { KAFKA_TLS: "0", KAFKA_TLS_CA: null }, /hung up, as brokers do that want TLS/],
  [
    "no password",
    { KAFKA_SASL: null, KAFKA_SASL_USERNAME: null, KAFKA_SASL_PASSWORD_FILE: null },
    /hung up, as brokers do that want a user name and password/,
  ],
  ["a certificate nobody knows", { KAFKA_TLS_CA: null }, /not trusted here; name the file/],
  ["half of it", { KAFKA_SASL_USERNAME: null }, /KAFKA_SASL_USERNAME is missing/],
])("the doctor explains %s", async (_what, otherwise, words) => {
  const said = Object.entries({ ...right, ...otherwise }).filter(([, value]) => value !== null);
  const found = await doctor(Object.fromEntries(said) as Record<string, string>);
  expect(found).toMatchObject({ health: "wrong", words: expect.stringMatching(words) });
});

test("the doctor explains access that the port does not ask for", async () => {
  const [plain] = cluster.brokers;
  const tls = await doctor({ ...right, KAFKA_BROKERS: plain! });
  expect(tls).toMatchObject({ health: "wrong", words: expect.stringMatching(/speak no TLS/) });
});

const ENGINE = ["engine", "--shard", "0", "--replication", "1"];

test("an engine says why it is not let in, and never the password", async () => {
  const env = { ...right, KAFKA_SASL_USERNAME: "somebody" };
  const { status, stdout, stderr } = await solebook(ENGINE, { env });
  expect(status).toBe(1);
  expect(stderr).toMatch(/They refuse this user name and password/);
  expect(stdout + stderr).not.toContain(cluster.guarded!.password);
});

test("an engine journals by it, takes snapshots by it, and the next one goes on", async () => {
  const { PATH, NODE_OPTIONS = "" } = process.env;
  const more = ["--snapshot-every", "20", "--data", join(folder, "data")];
  const run = async (work: (address: string) => Promise<void>, until_: RegExp): Promise<string> => {
    const args = ["--disable-warning=ExperimentalWarning", LAUNCHER, ...ENGINE, ...more];
    const env = { PATH, NODE_OPTIONS, ...right };
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (part: Buffer) => void (said += part.toString()));
    }
    const ended = new Promise((resolve) => child.once("close", resolve));
    try {
      await until("it leads", () => /"msg":"primary"/.test(said) || child.exitCode !== null);
      await work(/gateways {2}(\S+)/.exec(said)![1]!);
      await until("it is said", () => until_.test(said) || child.exitCode !== null);
    } finally {
      child.kill("SIGTERM");
      await ended;
    }
    expect(said).toMatch(until_);
    expect(said).not.toContain(cluster.guarded!.password);
    return said;
  };
  const trade = (orders: number) => async (address: string) => {
    const client = openEntryClient({ shard: 0, addresses: [address] });
    const heard = hear(client);
    await heard.ready();
    const fills = Array.from({ length: orders }, (_, at) =>
      placed({
        id: `${orders}-${at}`,
        side: Side.BID,
        deadlineUs: Date.now() * 1_000 + 60_000_000,
      }),
    );
    if (orders > 1) await heard.answered(commitAll(client, MARKET));
    const answers = commitAll(client, fills);
    await heard.answered(answers);
    for (const each of answers) expect(heard.answers.get(each)).toEqual([EventType.ACCEPTED]);
    client.close();
  };
  await run(trade(30), /snapshot taken/);
  const next = await run(trade(1), /"msg":"primary"/);
  expect(next).toMatch(/"sequence":[1-9]\d*,"msg":"standing by"/);
}, 180_000);
