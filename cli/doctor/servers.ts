/** The servers that the environment names: whether each is there and speaks its own language. */
import { connect } from "node:net";
import { Kafka, logLevel } from "../../engine/shell/journal/kafka/kafkajs.ts";
import type { KafkaAddress } from "../../engine/shell/journal/kafka/link.ts";
import { accessTrouble } from "../../engine/shell/journal/kafka/trouble.ts";
import { kafkaAt } from "../brokers.ts";
import { UsageError, wordsOf } from "../errors.ts";
import { type Finding, good, wrong } from "./finding.ts";

const TIMEOUT_MS = 3_000;

export interface Servers {
  readonly postgres: string | null;
  readonly redis: string | null;
  readonly kafka: string | null;
}

export async function lookAtServers({ postgres, redis, kafka }: Servers): Promise<Finding[]> {
  const looks: Promise<Finding>[] = [];
  if (postgres !== null) looks.push(ask("postgres", "DATABASE_URL", postgres, POSTGRES));
  if (redis !== null) looks.push(ask("redis", "REDIS_URL", redis, REDIS));
  if (kafka !== null) looks.push(lookAtKafka(kafka));
  return Promise.all(looks);
}

interface Language {
  readonly port: number;
  readonly hello: Uint8Array;
  /** How an answer begins that only such a server gives. */
  readonly answer: RegExp;
}

/** "May we speak TLS?", which any Postgres answers with one letter, before it asks who we are. */
const POSTGRES: Language = {
  port: 5432,
  hello: Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47),
  answer: /^[SN]$/,
};
const REDIS: Language = { port: 6379, hello: Buffer.from("PING\r\n"), answer: /^(\+PONG|-NOAUTH)/ };

async function ask(about: string, name: string, url: string, like: Language): Promise<Finding> {
  if (!URL.canParse(url)) return wrong(about, `${name} is no URL.`);
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "") || "127.0.0.1";
  const at = `${host}:${port === "" ? like.port : port}`;
  try {
    const answer = await firstWords(host, Number(port) || like.port, like.hello);
    // Behind TLS nothing is said in clear: that somebody listens is all there is to see.
    if (protocol === "rediss:" || like.answer.test(answer)) return good(about, `answers at ${at}`);
    return wrong(about, `what listens at ${at} is no ${about}: check ${name}.`);
  } catch (error) {
    return wrong(about, `nobody answers at ${at} (${wordsOf(error)}): start it, or check ${name}.`);
  }
}

function firstWords(host: string, port: number, hello: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (): void => void socket.destroy();
    socket.once("connect", () => socket.write(hello));
    socket.once("data", (bytes: Buffer) => {
      resolve(bytes.toString("latin1"));
      end();
    });
    socket.once("end", () => resolve(""));
    socket.once("timeout", () => {
      reject(new Error(`silent for ${TIMEOUT_MS / 1_000} s`));
      end();
    });
    socket.once("error", reject);
  });
}

async function lookAtKafka(brokers: string): Promise<Finding> {
  let address: KafkaAddress;
  try {
    address = kafkaAt(undefined, "solebook-doctor");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return wrong("kafka", `${error.message}.`);
  }
  const { ssl, sasl, clientId } = address;
  const kafka = new Kafka({
    clientId,
    brokers: [...address.brokers],
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers: found } = await admin.describeCluster();
    const which = found.map(({ host, port }) => `${host}:${port}`).join(", ");
    return good("kafka", `${found.length} brokers: ${which}`);
  } catch (error) {
    const trouble = accessTrouble(error, address);
    const what =
      trouble === undefined
        ? `no broker of ${brokers} answers (${wordsOf(error)}): start it, or check KAFKA_BROKERS.`
        : `the brokers of ${brokers} do not let us in (${wordsOf(error)}). ${trouble}: check KAFKA_TLS… and KAFKA_SASL….`;
    return wrong("kafka", what);
  } finally {
    await admin.disconnect().catch(() => {}); // it said already what is wrong
  }
}
