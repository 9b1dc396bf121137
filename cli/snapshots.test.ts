/**
 * Snapshots as an operator meets them: made beside an exchange that trades, listed, verified, found out
 * when they are bad; with a database of the exchange's own that survives nothing it should not.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  truncateSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { solebook } from "./testing/command.ts";
import { type RunningExchange, startExchange } from "./testing/exchange.ts";

const dir = mkdtempSync(join(tmpdir(), "solebook-cli-snapshots-"));
chmodSync(dir, 0o755); // as root, Postgres runs as somebody else, who must come this far
const data = join(dir, "data");
let exchange: RunningExchange;
beforeAll(async () => {
  exchange = await startExchange(data, ["--database", "--traders-rate", "100"]);
});
afterAll(async () => {
  await exchange?.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Line {
  readonly sequence: number;
  readonly store: string;
  readonly hash: string;
  readonly verified: boolean;
  readonly damage: string;
}

async function lines(...args: readonly string[]): Promise<Line[]> {
  const { stdout } = await solebook(["snapshot", ...args, "--data", data, "--json"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Its database comes up behind it. */
async function databaseUp(): Promise<void> {
  const file = join(data, "database", "url");
  for (let left = 600; !existsSync(file); left--) {
    if (left === 0) throw new Error(`there is no ${file}:\n${exchange.output()}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

test("one is made while the exchange trades: in files and in its own database, verified", async () => {
  await databaseUp();
  const slowly = await solebook(["snapshot", "create", "--data", data, "--json"]);
  expect(slowly.stderr).toContain("taken slowly, so that orders go first");
  const made = JSON.parse(slowly.stdout) as Line;
  expect(made).toMatchObject({ store: "files and Postgres", verified: true, damage: "" });
  const listed = await lines("list");
  expect(listed.map(({ store, verified }) => `${store} ${verified}`)).toEqual([
    "files true",
    "Postgres true",
  ]);
  expect(new Set(listed.map(({ hash }) => hash))).toEqual(new Set([made.hash]));

  const { stdout } = await solebook(["snapshot", "list", "--data", data]);
  expect(stdout).toMatch(
    /^ +\d+ {2}\d{4}-\S+Z {2}[0-9a-f]{16} {2} +\d+ KiB {2}files {5}verified$/m,
  );
  const doctor = await solebook(["doctor", "--data", data]);
  expect(doctor.stdout).toMatch(/^good {3}snapshots shard-0 +1, the newest of sequence \d+$/m);
  const replayed = await solebook(["replay", "--to", String(made.sequence), "--data", data]);
  expect(replayed.stdout).toContain(made.hash);
});

test("at full speed it waits for nobody", async () => {
  const args = ["snapshot", "create", "--at-full-speed", "--data", data, "--json"];
  const { stdout, stderr } = await solebook(args);
  expect(JSON.parse(stdout)).toMatchObject({ verified: true });
  expect(stderr).toBe("");
});

test("killed and started again, the exchange takes over the database it left behind", async () => {
  await exchange.kill();
  rmSync(join(data, "database", "url"));
  exchange = await startExchange(data, ["--database", "--traders-rate", "100"]);
  await databaseUp();
  expect(await lines("list")).toHaveLength(4);
});

test("a clean stop leaves one more behind, of the very end; then nothing has happened since", async () => {
  const before = await lines("list");
  expect(await exchange.stop()).toBe(0);
  const after = await lines("list"); // without its database, which stopped with it
  expect(after.map(({ store }) => store)).toEqual(["files", "files", "files"]);
  expect(after[1]).toEqual(before.find(({ store }) => store === "files"));
  expect(readdirSync(join(data, "database"))).not.toContain("url");
  const none = await solebook(["snapshot", "create", "--data", data]);
  expect(none).toMatchObject({ status: 0, stdout: "" });
  expect(none.stderr).toBe("nothing happened since the last snapshot; there is no other\n"); // nobody to wait for
});

test("a bad one is found, and the exit code says so; the exchange starts all the same", async () => {
  const folder = join(data, "snapshots", "shard-0");
  const newest = readdirSync(folder).toSorted().at(-2)!; // the last name is the lock's
  const bytes = readFileSync(join(folder, newest));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(join(folder, newest), bytes);

  const { status, stdout, stderr } = await solebook(["snapshot", "verify", "--data", data]);
  expect(status).toBe(1);
  expect(stdout.split("\n").map((line) => line.slice(60).trim())).toEqual([
    expect.stringMatching(/BAD: block [0-9]+ is damaged/),
    expect.stringContaining("verified"),
    expect.stringContaining("verified"),
    "",
  ]);
  expect(stderr).toContain("1 of 3 cannot be used; the journal can");

  truncateSync(join(folder, newest), 1_000); // which its head alone shows
  const doctor = await solebook(["doctor", "--data", data]);
  expect(doctor.stdout).toMatch(/^odd {4}snapshots shard-0 .*it has 1000 bytes of/m);

  exchange = await startExchange(data, []);
  expect(exchange.output()).toContain("commands replayed");
});
