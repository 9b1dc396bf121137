/**
 * The jars of a real Apache Kafka broker, for tests: fetched by Maven from its registry, each checked
 * against the digest written down here, kept in a cache outside the clone. Nothing is fetched twice,
 * and never by `npm start`.
 */
import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const JAVA_MIN = 17;
const FETCH_MS_MAX = 8 * 60_000;
const HOW_ELSE =
  "On Debian: apt-get install default-jre-headless maven. Or name a broker that runs already: " +
  "SOLEBOOK_TEST_KAFKA=HOST:PORT.";

/** The folder with the jars, fetched and checked when they are not there yet. */
export function brokerJars(): string {
  const sums = readFileSync(join(FOLDER, "jars.sha256"), "utf8");
  const name = createHash("sha256").update(sums).digest("hex").slice(0, 16);
  const cache = join(homedir(), ".cache", "solebook", "kafka");
  const jars = join(cache, name); // it appears by rename, whole and checked
  if (statSync(jars, { throwIfNoEntry: false }) !== undefined) return jars;
  const fresh = join(cache, `${name}.${randomUUID()}`);
  mkdirSync(fresh, { recursive: true });
  try {
    fetchInto(fresh);
    checkJars(fresh, sums);
    if (statSync(jars, { throwIfNoEntry: false }) === undefined) renameSync(fresh, jars);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return jars;
}

/** Throws, in words, when there is no Java that can run a broker. */
export function findJava(): string {
  const home = process.env["JAVA_HOME"];
  for (const java of home === undefined ? ["java"] : [join(home, "bin", "java"), "java"]) {
    const { status, stderr } = spawnSync(java, ["-version"], { encoding: "utf8" });
    const version = Number(/version "(\d+)/.exec(stderr ?? "")?.[1] ?? 0);
    if (status === 0 && version >= JAVA_MIN) return java;
  }
  throw new Error(`no Java ${JAVA_MIN} or newer here to run a Kafka broker with. ${HOW_ELSE}`);
}

function fetchInto(folder: string): void {
  console.error(`fetching the jars of a Kafka broker into ${folder} (45 MB, once)`);
  const args = ["-B", "-q", "-f", join(FOLDER, "pom.xml"), COPY, `-DoutputDirectory=${folder}`];
  const { status, error, stdout, stderr } = spawnSync("mvn", args, {
    encoding: "utf8",
    timeout: FETCH_MS_MAX,
  });
  if (error !== undefined) {
    throw new Error(
      `the jars of a Kafka broker could not be fetched: ${error.message}. ${HOW_ELSE}`,
    );
  }
  if (status === 0) return;
  const last = `${stdout}${stderr}`.trim().split("\n").slice(-8).join("\n");
  throw new Error(`mvn could not fetch the jars of a Kafka broker:\n${last}\n${HOW_ELSE}`);
}

/** Exactly these files, with exactly these bytes. */
export function checkJars(folder: string, sums: string): void {
  const wanted = new Map<string, string>();
  for (const line of sums.trim().split("\n")) {
    const [digest = "", name = ""] = line.split(/\s+/);
    wanted.set(name, digest);
  }
  for (const name of readdirSync(folder)) {
    const digest = createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
    if (wanted.get(name) !== digest) {
      throw new Error(`${name} is not the file that jars.sha256 names: it has ${digest}`);
    }
    wanted.delete(name);
  }
  const missing = [...wanted.keys()];
  if (missing.length > 0) throw new Error(`jars that did not come: ${missing.join(", ")}`);
}
