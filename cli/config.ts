/**
 * The command line's own settings; the one file of `cli/` that sees the environment. A setting nobody
 * knows stops the start: a slip of the finger must not pass for a default.
 */
import { type Networks, readNetworks } from "../gateway/addresses.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LEVELS)[number];

const KNOWN = [
  "SOLEBOOK_DEBUG",
  "SOLEBOOK_LOG_LEVEL",
  "SOLEBOOK_SECRETS_KEY",
  "SOLEBOOK_TRUSTED_PROXIES",
] as const;
const KNOWN_OF_KAFKA = [
  "KAFKA_TLS",
  "KAFKA_TLS_CA",
  "KAFKA_SASL",
  "KAFKA_SASL_USERNAME",
  "KAFKA_SASL_PASSWORD",
  "KAFKA_SASL_PASSWORD_FILE",
] as const;
const SECRETS_KEY_BYTES = 32;

for (const name of Object.keys(process.env)) {
  if (!name.startsWith("SOLEBOOK_") || (KNOWN as readonly string[]).includes(name)) continue;
  refuse(`there is no setting ${name}; there is ${KNOWN.join(", ")}`);
}

// Other names of KAFKA_ may be Kafka's own; a slip in these would send a password in clear.
for (const name of Object.keys(process.env)) {
  if (!/^KAFKA_(TLS|SASL)/.test(name) || (KNOWN_OF_KAFKA as readonly string[]).includes(name)) {
    continue;
  }
  refuse(`there is no setting ${name}; there is ${KNOWN_OF_KAFKA.join(", ")}`);
}

export const config = Object.freeze({
  /** `SOLEBOOK_DEBUG=1` shows where an error came from, not only what it says. */
  debug: flag("SOLEBOOK_DEBUG"),
  /** `SOLEBOOK_LOG_LEVEL`; null leaves it to the verb. */
  logLevel: oneOf("SOLEBOOK_LOG_LEVEL", LEVELS),
  /** `SOLEBOOK_SECRETS_KEY`: what secrets of HMAC keys are sealed with, base64url; the first one seals. */
  secretsKeys: secretsKeys("SOLEBOOK_SECRETS_KEY"),
  /** `SOLEBOOK_TRUSTED_PROXIES`: addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: networks("SOLEBOOK_TRUSTED_PROXIES"),
  /** What `doctor` asks whether it can be reached; each null when it is not set. */
  servers: Object.freeze({
    postgres: text("DATABASE_URL"),
    redis: text("REDIS_URL"),
    kafka: text("KAFKA_BROKERS"),
  }),
  /** How Kafka is reached, as it was said: what it means, and what its files hold, is `kafka-access.ts`'. */
  kafkaSaid: Object.freeze({
    KAFKA_TLS: text("KAFKA_TLS"),
    KAFKA_TLS_CA: text("KAFKA_TLS_CA"),
    KAFKA_SASL: text("KAFKA_SASL"),
    KAFKA_SASL_USERNAME: text("KAFKA_SASL_USERNAME"),
    KAFKA_SASL_PASSWORD: text("KAFKA_SASL_PASSWORD"),
    KAFKA_SASL_PASSWORD_FILE: text("KAFKA_SASL_PASSWORD_FILE"),
  }),
});

function text(name: string): string | null {
  const value = process.env[name];
  return value === undefined || value === "" ? null : value;
}

/** Never said again in an error's words, not even when they are wrong. */
function secretsKeys(name: (typeof KNOWN)[number]): readonly Buffer[] {
  const keys = (text(name) ?? "").split(",").filter((each) => each !== "");
  return keys.map((each) => {
    const key = Buffer.from(each.trim(), "base64url");
    if (key.length === SECRETS_KEY_BYTES) return key;
    return refuse(
      `${name} is ${SECRETS_KEY_BYTES} random bytes in base64, as \`openssl rand -base64 32\` prints`,
    );
  });
}

function networks(name: (typeof KNOWN)[number]): Networks {
  const list = (text(name) ?? "").split(",").map((each) => each.trim());
  const found = readNetworks(list.filter((each) => each !== ""));
  return found ?? refuse(`${name} is a list like 10.0.0.0/8,2001:db8::1, not "${text(name)}"`);
}

function flag(name: (typeof KNOWN)[number]): boolean {
  const value = process.env[name];
  if (value === undefined || value === "" || value === "0") return false;
  if (value === "1") return true;
  return refuse(`${name} is 0 or 1, not "${value}"`);
}

function oneOf<T extends string>(name: (typeof KNOWN)[number], values: readonly T[]): T | null {
  const value = process.env[name];
  if (value === undefined || value === "") return null;
  const found = values.find((each) => each === value);
  return found ?? refuse(`${name} is one of ${values.join(", ")}, not "${value}"`);
}

function refuse(words: string): never {
  process.stderr.write(`solebook: ${words}\n`);
  process.exit(2);
}
