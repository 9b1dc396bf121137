/** How Kafka is reached beside its address: TLS, and a name with a password, as the environment says it. */
import { readFileSync } from "node:fs";
import type { KafkaAddress } from "../engine/shell/journal/kafka/link.ts";
import { codeOf, UsageError } from "./errors.ts";

/** The settings as texts; null: not set. */
export interface KafkaSaid {
  readonly KAFKA_TLS: string | null;
  readonly KAFKA_TLS_CA: string | null;
  readonly KAFKA_SASL: string | null;
  readonly KAFKA_SASL_USERNAME: string | null;
  readonly KAFKA_SASL_PASSWORD: string | null;
  readonly KAFKA_SASL_PASSWORD_FILE: string | null;
}

const MECHANISMS = ["plain", "scram-sha-256", "scram-sha-512"] as const;

export const ACCESS_USAGE = `Kafka that wants TLS or a password: KAFKA_TLS=1, with KAFKA_TLS_CA naming the PEM file of who signed the
brokers' certificate where the system does not trust it; KAFKA_SASL=${MECHANISMS.join(" or ")},
KAFKA_SASL_USERNAME, and KAFKA_SASL_PASSWORD_FILE (or KAFKA_SASL_PASSWORD). With KAFKA_SASL, KAFKA_TLS must be
said, be it 0: then names and passwords travel as the network is.
`;

/** Throws UsageError, which never holds a password. */
export function accessOf(said: KafkaSaid): Pick<KafkaAddress, "ssl" | "sasl"> {
  const { KAFKA_TLS: tls, KAFKA_TLS_CA: caFile } = said;
  if (tls !== null && tls !== "0" && tls !== "1") throw new UsageError("KAFKA_TLS is 0 or 1");
  const isTls = tls === "1";
  if (caFile !== null && !isTls) throw new UsageError("KAFKA_TLS_CA goes with KAFKA_TLS=1");
  const ca = caFile === null ? {} : { ca: read("KAFKA_TLS_CA", caFile) };
  return { ...(isTls ? { ssl: ca } : {}), ...saslOf(said) };
}

function saslOf(said: KafkaSaid): Pick<KafkaAddress, "sasl"> {
  const { KAFKA_SASL: named, KAFKA_SASL_USERNAME: username, KAFKA_TLS: tls } = said;
  const { KAFKA_SASL_PASSWORD: given, KAFKA_SASL_PASSWORD_FILE: file } = said;
  if (named === null) {
    if (username === null && given === null && file === null) return {};
    throw new UsageError(`a name or password for Kafka goes with KAFKA_SASL: ${either}`);
  }
  const mechanism = MECHANISMS.find((each) => each === named.toLowerCase());
  if (mechanism === undefined) throw new UsageError(`KAFKA_SASL is ${either}, not "${named}"`);
  if (tls === null) {
    throw new UsageError(
      "with KAFKA_SASL say KAFKA_TLS=1, or 0 where the network itself is trusted",
    );
  }
  if (username === null) throw new UsageError("KAFKA_SASL_USERNAME is missing");
  if ((given === null) === (file === null)) {
    throw new UsageError("set KAFKA_SASL_PASSWORD_FILE or KAFKA_SASL_PASSWORD, and not both");
  }
  const password = given ?? read("KAFKA_SASL_PASSWORD_FILE", file!).replace(/\r?\n$/, "");
  if (password === "") throw new UsageError("the password in KAFKA_SASL_PASSWORD_FILE is empty");
  // Each of its own, as their type has it.
  if (mechanism === "plain") return { sasl: { mechanism, username, password } };
  if (mechanism === "scram-sha-256") return { sasl: { mechanism, username, password } };
  return { sasl: { mechanism, username, password } };
}

const either = MECHANISMS.join(" or ");

function read(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${name} names ${path}, which cannot be read (${codeOf(error) ?? "?"})`);
  }
}
