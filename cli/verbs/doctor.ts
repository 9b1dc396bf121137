/** `solebook doctor`: what is wrong with this installation, in words. Changes nothing. */
import { readArguments, readInteger } from "../arguments.ts";
import { config } from "../config.ts";
import { lookAtArchives } from "../doctor/archive.ts";
import {
  lookAtDirectory,
  lookAtJournals,
  lookAtOwner,
  lookAtPort,
  lookAtSpace,
  lookAtSync,
} from "../doctor/data.ts";
import { type Finding, type Look, wrong } from "../doctor/finding.ts";
import {
  lookAtClock,
  lookAtMemory,
  lookAtModules,
  lookAtNode,
  lookAtOpenFiles,
  lookAtPage,
} from "../doctor/machine.ts";
import { lookAtRegistry } from "../doctor/registry.ts";
import { lookAtServers } from "../doctor/servers.ts";
import { lookAtSnapshots } from "../doctor/snapshots.ts";
import { wordsOf } from "../errors.ts";
import { DATA_DEFAULT } from "../exchange.ts";
import { write } from "../output.ts";

const HOST_DEFAULT = "127.0.0.1";
const PORT_DEFAULT = "8787";

export const usage = `solebook doctor [--data DIR] [--host H] [--port N] [--json]

Looks at the machine, at what is installed, at the data directory, its journals, registry and snapshots, and
at the servers that DATABASE_URL, REDIS_URL and KAFKA_BROKERS name, where they are set. Says of each what it
found: good; odd, which works and should be known; or wrong, with what to do. Exit code 1 when something
is wrong.
May be used while the exchange runs; changes nothing but for a small file that it makes and removes.

  --data DIR   the exchange's data directory (${DATA_DEFAULT})
  --host H     where it would listen (${HOST_DEFAULT})
  --port N     and on which port (${PORT_DEFAULT})
  --json       one line of JSON
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      data: { type: "string", default: DATA_DEFAULT },
      host: { type: "string", default: HOST_DEFAULT },
      port: { type: "string", default: PORT_DEFAULT },
      json: { type: "boolean", default: false },
    },
  });
  const { data, host, json } = values;
  const port = readInteger("port", values.port, 1, 65_535);
  const findings = await examine(data, host, port);
  const isWell = findings.every(({ health }) => health !== "wrong");
  await write(process.stdout, json ? `${JSON.stringify({ isWell, findings })}\n` : words(findings));
  if (!isWell) process.exitCode = 1;
}

async function examine(data: string, host: string, port: number): Promise<Finding[]> {
  const looks: Record<string, Look> = {
    node: lookAtNode,
    modules: lookAtModules,
    page: lookAtPage,
    clock: lookAtClock,
    "open files": lookAtOpenFiles,
    memory: lookAtMemory,
    data: () => lookAtDirectory(data),
    owner: () => lookAtOwner(data),
    disk: () => lookAtSpace(data),
    sync: () => lookAtSync(data),
    journal: () => lookAtJournals(data),
    archive: () => lookAtArchives(data),
    registry: () => lookAtRegistry(data),
    snapshots: () => lookAtSnapshots(data),
    port: () => lookAtPort(data, host, port),
    servers: () => lookAtServers(config.servers),
  };
  const findings: Finding[] = [];
  for (const [about, look] of Object.entries(looks)) {
    try {
      findings.push(...[await look()].flat());
    } catch (error) {
      findings.push(wrong(about, `cannot be looked at: ${wordsOf(error).replace(/\.$/, "")}.`));
    }
  }
  return findings;
}

function words(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.map(
    ({ about, health, words: said }) => `${health.padEnd(5)}  ${about.padEnd(width)}  ${said}\n`,
  );
  const count = findings.filter(({ health }) => health === "wrong").length;
  const end =
    count === 0 ? "nothing is wrong" : `${count} ${count === 1 ? "thing is" : "things are"} wrong`;
  return `${lines.join("")}${end}\n`;
}
