/**
 * A listener of a test's broker as managed Kafka has them: TLS under a certificate of our own, and names with
 * passwords (SASL PLAIN and SCRAM). The broker's own listener stays as it is, for the broker itself.
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Guarded {
  readonly address: string;
  /** PEM of who signed its certificate: itself. */
  readonly caFile: string;
  readonly username: string;
  readonly password: string;
}

export interface GuardedPlan extends Guarded {
  readonly settings: Readonly<Record<string, string>>;
  /** What its folder is formatted with: SCRAM's users are kept there. */
  readonly format: readonly string[];
}

const LISTENER = "GUARDED";
const USERNAME = "solebook";
const SCRAM = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

/** `folder` is there. */
export function planGuarded(java: string, folder: string, port: number): GuardedPlan {
  const password = randomBytes(12).toString("hex");
  const store = join(folder, "guarded.p12");
  const caFile = join(folder, "guarded.pem");
  const keytool = (args: readonly string[]): string => {
    const program = java.includes("/") ? join(dirname(java), "keytool") : "keytool";
    const all = [...args, "-keystore", store, "-storepass", password, "-alias", "broker"];
    const { status, stdout, stderr } = spawnSync(program, all, { encoding: "utf8" });
    if (status !== 0) throw new Error(`keytool made no certificate: ${stdout}${stderr}`);
    return stdout;
  };
  const host = ["-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1", "-ext", "bc=ca:true"];
  keytool(["-genkeypair", "-keyalg", "EC", "-storetype", "PKCS12", "-validity", "30", ...host]);
  writeFileSync(caFile, keytool(["-exportcert", "-rfc"]));
  const name = `listener.name.${LISTENER.toLowerCase()}`;
  const module = "org.apache.kafka.common.security";
  const words = `username="${USERNAME}" password="${password}"`;
  return {
    address: `127.0.0.1:${port}`,
    caFile,
    username: USERNAME,
    password,
    settings: {
      [`${name}.ssl.keystore.location`]: store,
      [`${name}.ssl.keystore.password`]: password,
      [`${name}.ssl.keystore.type`]: "PKCS12",
      [`${name}.sasl.enabled.mechanisms`]: ["PLAIN", ...SCRAM].join(","),
      [`${name}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required ${words} user_${USERNAME}="${password}";`,
      ...Object.fromEntries(
        SCRAM.map((mechanism) => [
          `${name}.${mechanism.toLowerCase()}.sasl.jaas.config`,
          `${module}.scram.ScramLoginModule required;`,
        ]),
      ),
    },
    format: SCRAM.flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name=${USERNAME},password=${password}]`,
    ]),
  };
}

/** The plain settings of a broker, and this listener beside what they name. */
export function withGuarded(
  settings: Readonly<Record<string, string>>,
  guarded: GuardedPlan,
): Record<string, string> {
  const beside = (name: string, more: string): string => `${settings[name]},${LISTENER}${more}`;
  return {
    ...settings,
    ...guarded.settings,
    listeners: beside("listeners", `://${guarded.address}`),
    "advertised.listeners": beside("advertised.listeners", `://${guarded.address}`),
    "listener.security.protocol.map": beside("listener.security.protocol.map", ":SASL_SSL"),
  };
}
