/**
 * What an operator does beside an exchange that runs: look at the end of its journal, replay it, ask
 * what is wrong. And what the doctor says of things that are.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lookAtJournals, syncWords } from "./doctor/data.ts";
import type { Finding } from "./doctor/finding.ts";
import { lookAtClock, lookAtMemory, lookAtNode, lookAtPage } from "./doctor/machine.ts";
import { lookAtRegistry } from "./doctor/registry.ts";
import { ownData } from "./running.ts";
import { type Ended, solebook } from "./testing/command.ts";
import { type RunningExchange, startExchange } from "./testing/exchange.ts";

const LAUNCHER = fileURLToPath(new URL("./solebook.mjs", import.meta.url));
const CORE = fileURLToPath(new URL("../engine/core/index.ts", import.meta.url));

const dir = mkdtempSync(join(tmpdir(), "solebook-operator-"));
const data = join(dir, "data");
let exchange: RunningExchange;
beforeAll(async () => {
  exchange = await startExchange(data, ["--traders-rate", "200"]);
});
afterAll(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
});

interface Command {
  readonly sequence: number;
  readonly type: string;
}

test("tail begins with the last ones and goes on, without a gap, until Ctrl-C", async () => {
  const seen = await tail(["--lines", "5"], 200);
  for (let i = 1; i < seen.length; i++) expect(seen[i]!.sequence).toBe(seen[0]!.sequence + i);
  expect(seen.some(({ type }) => type === "PLACE")).toBe(true);
  const again = await tail(["--from", String(seen[7]!.sequence)], 10);
  expect(again[0]).toEqual(seen[7]);
});

test("a range that ends before it begins is refused, not answered with nothing", async () => {
  for (const verb of [["journal", "inspect"], ["replay"]]) {
    const { status, stderr } = await solebook([...verb, "--from", "9", "--to", "3"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("--to is before --from"),
    });
  }
});

test("while it runs, a replay and the plain twin agree, and the doctor finds it well", async () => {
  const first = await solebook(["replay", "--to", "500", "--data", data]);
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(first.stdout).toMatch(
    /^applied 1 to 500, .*\nstate {4}[0-9a-f]{16} .*\nevents .*\ncompared .* none is different\n$/,
  );
  const both = await solebook(["replay", "--to", "500", "--diff", "--data", data]);
  const hash = /[0-9a-f]{16}/.exec(first.stdout)![0];
  expect(both.stdout.split(hash)).toHaveLength(3);
  expect(both.stdout).toContain("no difference in events or state\n");

  const found = findings(await solebook(["doctor", "--json", "--data", data]));
  expect(found.find(({ about }) => about === "owner")?.words).toContain("is running on it");
  expect(found.find(({ about }) => about === "port")?.words).toContain(exchange.url);
  for (const name of ["journal shard-0", "registry"]) {
    expect(found.find(({ about }) => about === name)?.health).toBe("good");
  }
});

test("the first difference to another version is shown as both told it", async () => {
  const core = join(dir, "index.ts");
  writeFileSync(
    core,
    `import * as core from ${JSON.stringify(CORE)};
    export * from ${JSON.stringify(CORE)};
    export function makeShard(options) {
      const shard = core.makeShard(options);
      const apply = (commands, index, events) => {
        shard.apply(commands, index, events);
        const last = events.count - 1;
        const type = events.u8[last * core.EVENT_BYTES + core.EventU8.type];
        if (type !== core.EventType.RESTED) return;
        events.i32[last * core.EVENT_I32 + core.EventI32.priceTicks] += 1;
      };
      return { ...shard, apply };
    }`,
  );
  const diff = ["replay", "--diff", "--with", core, "--data", data];
  const { status, stdout } = await solebook(diff);
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^first difference: sequence \d+, event \d+, from byte \d+ of its record on$/m,
  );
  expect(stdout).toMatch(/^this build:\n {2}\d+\.0 {2}[A-Z_]+/m);
  const json = JSON.parse((await solebook([...diff, "--json"])).stdout) as {
    difference: { sequence: number; command: Command; events: { sequence: number }[][] };
  };
  const { sequence, command, events } = json.difference;
  expect(command).toMatchObject({ sequence, type: "PLACE" });
  expect(events.map((side) => side[0]!.sequence)).toEqual([sequence, sequence]);
  expect(events[0]).not.toEqual(events[1]);

  const limits = join(CORE, "..", "limits.ts");
  const none = await solebook(["replay", "--diff", "--with", limits, "--data", data]);
  expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining("is no core") });
});

describe("what the doctor says", () => {
  test.each<[Finding, Finding["health"], string]>([
    [lookAtNode("22.18.0"), "good", "22.18.0"],
    [lookAtNode("22.17.9"), "wrong", "this runs on Node 22"],
    [lookAtNode("24.1.0"), "wrong", "`npm ci` brings it"],
    [lookAtClock(0), "wrong", "1970-01-01"],
    [lookAtMemory(2 ** 29, 2), "odd", "512 MiB free"],
    [lookAtMemory(2 ** 31, 1), "odd", "want one each"],
    [lookAtMemory(2 ** 31, 2), "good", "2048 MiB free"],
    [lookAtPage("/nowhere"), "odd", "npm run page"],
    [syncWords([0.08, 0.09, 0.4]), "good", "4 KB durable in 0.09 ms, at worst 0.40 ms"],
    [syncWords([9, 12, 40]), "odd", "every order waits for that"],
    [syncWords([0.001, 0.002, 0.003]), "odd", "may not survive"],
  ])("%j", (finding, health, words) => {
    expect(finding.health).toBe(health);
    expect(finding.words).toContain(words);
  });

  test("a directory nobody used yet is fine", async () => {
    const args = ["doctor", "--json", "--port", "65533", "--data", join(dir, "new", "one")];
    const found = findings(await solebook(args));
    expect(found.find(({ about }) => about === "data")?.words).toContain("makes it");
    expect(found.find(({ about }) => about === "port")?.words).toContain("65533");
  });

  test("a file for a directory, a port in use, a journal of rubbish: exit 1, and what to do", async () => {
    const busy = await listen(() => {});
    const file = join(dir, "file");
    writeFileSync(file, "");
    const { status, stdout } = await solebook(["doctor", "--data", file, "--port", busy.port]);
    busy.server.close();
    expect(status).toBe(1);
    expect(stdout).toMatch(/^wrong {2}data .* is a file: name a directory/m);
    expect(() => ownData(file)).toThrow("it is a file. Name another directory with --data.");
    expect(stdout).toMatch(new RegExp(`^wrong {2}port .*${busy.port}.*is in use`, "m"));
    expect(stdout).toMatch(/^\d+ things are wrong\n$/m);

    const broken = join(dir, "broken");
    mkdirSync(join(broken, "journal", "shard-0"), { recursive: true });
    const segment = openSync(join(broken, "journal", "shard-0", "00000000.seg"), "w");
    writeSync(segment, "no journal");
    closeSync(segment);
    writeFileSync(join(broken, "admin.token"), "secret");
    chmodSync(join(broken, "admin.token"), 0o644);
    expect(lookAtJournals(broken)[0]).toMatchObject({ about: "journal shard-0", health: "wrong" });
    const told = await solebook(["doctor", "--data", broken]);
    expect(told.status).toBe(1);
    expect(told.stdout).toMatch(/^odd {4}data .*others may read it: chmod 600/m);
  });

  test("a data directory whose parts are not each other's: what a start would refuse, and why", async () => {
    const own = join(dir, "own");
    const first = await startExchange(own);
    const next = join(own, "journal", "shard-0", "00000001.seg");
    while (!existsSync(next)) await new Promise((done) => setTimeout(done, 20));
    await first.kill();
    const segment = join(own, "journal", "shard-0", "00000000.seg");
    const registry = join(own, "registry.json");
    expect(lookAtRegistry(own)).toMatchObject({ health: "good" });

    truncateSync(segment, statSync(segment).size - 4_096);
    expect(lookAtJournals(own)[0]).toMatchObject({
      health: "odd",
      words: expect.stringContaining("has lost its last 4096 bytes"),
    });

    renameSync(registry, `${registry}.away`);
    expect(lookAtRegistry(own)).toMatchObject({
      health: "wrong",
      words: expect.stringContaining("registry.json is not there"),
    });
    await expect(startExchange(own)).rejects.toThrow("registry.json is not there");
    expect(existsSync(registry)).toBe(false); // none was begun anew

    writeFileSync(registry, "{");
    expect(lookAtRegistry(own).words).toContain("it is not whole JSON");

    renameSync(`${registry}.away`, registry);
    rmSync(segment);
    rmSync(next);
    expect(lookAtRegistry(own)).toMatchObject({
      health: "wrong",
      words: expect.stringMatching(/^it belongs to journal [0-9a-f]{32} .*there is none/),
    });
  });

  test("servers are asked in their own language", async () => {
    const postgres = await listen((bytes) =>
      bytes.toString("hex") === "0000000804d2162f" ? "N" : "?",
    );
    const redis = await listen((bytes) => (bytes.toString() === "PING\r\n" ? "+PONG\r\n" : "?"));
    const ask = async (env: Record<string, string>): Promise<readonly Finding[]> => {
      const ended = await solebook(["doctor", "--json", "--data", join(dir, "no")], { env });
      return findings(ended).slice(-Object.keys(env).length);
    };
    const there = await ask({
      DATABASE_URL: `postgres://u:secret@127.0.0.1:${postgres.port}/solebook`,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    });
    const swapped = await ask({
      DATABASE_URL: `postgres://127.0.0.1:${redis.port}`,
      REDIS_URL: `redis://127.0.0.1:${postgres.port}`,
    });
    postgres.server.close();
    redis.server.close();
    const gone = await ask({
      DATABASE_URL: `postgres://u:secret@127.0.0.1:${postgres.port}/solebook`,
      KAFKA_BROKERS: `127.0.0.1:${redis.port}`,
    });
    expect(there.map(({ health }) => health)).toEqual(["good", "good"]);
    expect(swapped.map(({ words }) => /is no (\w+)/.exec(words)?.[1])).toEqual([
      "postgres",
      "redis",
    ]);
    expect(gone.map(({ health }) => health)).toEqual(["wrong", "wrong"]);
    expect(gone[0]!.words).toContain("ECONNREFUSED");
    expect(JSON.stringify([there, swapped, gone])).not.toContain("secret");
  });
});

/** The findings, of which each says something; the exit code goes with them. */
function findings({ status, stdout }: Ended): readonly Finding[] {
  const told = JSON.parse(stdout) as { isWell: boolean; findings: Finding[] };
  expect(told.isWell).toBe(told.findings.every(({ health }) => health !== "wrong"));
  expect(status).toBe(told.isWell ? 0 : 1);
  for (const { words } of told.findings) expect(words.length).toBeGreaterThan(2);
  return told.findings;
}

/** Tails until it has shown so many commands, then presses Ctrl-C. */
async function tail(args: readonly string[], count: number): Promise<readonly Command[]> {
  const words = ["journal", "tail", "--json", "--data", data, ...args];
  const child = spawn(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    LAUNCHER,
    ...words,
  ]);
  let shown = "";
  let isAsked = false;
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    if (shown.split("\n").length <= count || isAsked) return;
    isAsked = true; // a second one would not wait for the end
    child.kill("SIGINT");
  });
  const [status] = await once(child, "close");
  expect(status).toBe(0);
  const lines = shown.trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Command);
}

/** A server on a free port that answers the first bytes it gets with what `reply` says. */
async function listen(
  reply: (bytes: Buffer) => string | void,
): Promise<{ readonly server: Server; readonly port: string }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", (bytes: Buffer) => void socket.end(reply(bytes) ?? ""));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { server, port: String(address.port) };
}
