/**
 * The archive as an operator meets it: on another disk, filled beside an exchange that trades, needed by
 * every start, read by every verb; and what is said when it is away, or somebody wants it gone.
 */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMatchStream } from "../engine/client/match-stream.ts";
import { nodeFiles } from "../engine/shell/journal/file-ops.ts";
import { makeSegment, SEGMENT_BYTES_MIN } from "../engine/shell/journal/segments.ts";
import { verifyJournal } from "../engine/shell/journal/tools.ts";
import { requireRetainAll } from "./retain.ts";
import { solebook } from "./testing/command.ts";
import { type RunningExchange, startExchange } from "./testing/exchange.ts";

const SEGMENTS_MIN = 6;
const MEMORY = "/dev/shm"; // another file system, where there is one
const dir = mkdtempSync(join(tmpdir(), "solebook-archive-"));
const elsewhere = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "solebook-archive-"));
const data = join(dir, "data");
const journal = join(data, "journal", "shard-0");
const place = join(elsewhere, "old");
let exchange: RunningExchange;
let snapshot = { sequence: 0, hash: "" };

beforeAll(() => {
  mkdirSync(journal, { recursive: true });
  makeSegment(nodeFiles, journal, 0, SEGMENT_BYTES_MIN); // so are those that follow it
});
afterAll(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
  rmSync(elsewhere, { recursive: true, force: true });
});

const FIRST = "00000000.seg";
const segmentsIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.endsWith(".seg"));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Every sequence from the first one on, to `to`: what came does follow what came before. */
async function heardTo(to: number): Promise<number> {
  const address = readFileSync(join(data, "match-stream.address"), "utf8").trim();
  let next = 1;
  for await (const batch of readMatchStream({ address, shard: 0, fromSequence: 1 })) {
    expect(batch.firstSequence).toBe(next);
    next = batch.nextSequence;
    if (next > to) break;
  }
  return next;
}

test("what a snapshot covers goes to the other disk, beside an exchange that trades", async () => {
  const flags = ["--archive", place, "--match-stream", "0", "--traders-rate", "200"];
  exchange = await startExchange(data, flags);
  await until(() => segmentsIn(journal).length >= SEGMENTS_MIN);
  const made = await solebook(["snapshot", "create", "--at-full-speed", "--data", data, "--json"]);
  snapshot = JSON.parse(made.stdout) as typeof snapshot;
  expect(segmentsIn(place).length).toBeGreaterThanOrEqual(SEGMENTS_MIN - 3); // two are made ahead
  expect(segmentsIn(place)[0]).toBe(FIRST);
  expect(segmentsIn(journal)).not.toContain(FIRST);
  expect(await heardTo(snapshot.sequence)).toBeGreaterThan(snapshot.sequence);
});

test("killed and started again, it begins with the first command, and all of it is there", async () => {
  await exchange.kill();
  const { commands, lastSequence, archived, segments, ...report } = verifyJournal(journal);
  expect(report).toMatchObject({ firstSequence: 1 });
  expect(commands).toBe(lastSequence);
  expect(archived).toBe(segmentsIn(place).length);
  expect(segments).toBe(segmentsIn(place).length + segmentsIn(journal).length);
  const replayed = await solebook(["replay", "--to", String(snapshot.sequence), "--data", data]);
  expect(replayed.stdout).toContain(snapshot.hash);

  exchange = await startExchange(data, ["--match-stream", "0"]);
  expect(exchange.output()).toContain(`${commands.toLocaleString("en")} commands replayed`);
  expect(await heardTo(lastSequence)).toBeGreaterThan(lastSequence);
  const doctor = await solebook(["doctor", "--data", data]);
  expect(doctor.stdout).toMatch(
    new RegExp(
      `^good {3}archive shard-0 +${archived} segments in ${place}, \\d+ MiB free there$`,
      "m",
    ),
  );
});

test("while a segment is gone, who asks for what was there is told where to begin", async () => {
  renameSync(join(place, FIRST), join(elsewhere, FIRST));
  await expect(heardTo(1)).rejects.toMatchObject({
    code: "TOO_OLD",
    sequence: snapshot.sequence,
  });
  renameSync(join(elsewhere, FIRST), join(place, FIRST));
  await exchange.kill();
});

const up = (...more: readonly string[]) =>
  solebook(["up", "--data", data, "--port", "0", "--no-traders", ...more]);

test("without its disk nothing starts, and it is said; then nothing was harmed", async () => {
  renameSync(place, `${place}-unplugged`);
  const refused = await up();
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toContain("bring back the disk that it leads to");
  const doctor = await solebook(["doctor", "--data", data]);
  expect(doctor.status).toBe(1);
  expect(doctor.stdout).toMatch(/^wrong {2}archive shard-0 .*is its disk mounted\?$/m);
  const verified = await solebook(["journal", "verify", "--data", data]);
  expect(verified.stdout).toMatch(/^from sequence \d+ on: what came before is not here$/m);
  renameSync(`${place}-unplugged`, place);
  expect(verifyJournal(journal)).toMatchObject({ firstSequence: 1, unfinished: null });
});

test("what would delete what a start needs is refused by name", async () => {
  const refused = await up("--retain", "2");
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain("would delete what is behind 2 snapshots, which `solebook up`");
  const retain = (text: string) => () => requireRetainAll(text, "gateway", "");
  expect(retain("30d")).toThrow("would delete what is older than 30d, which `solebook gateway`");
  expect(retain("0d")).toThrow('is all, a number of snapshots or days like 30d, not "0d"');
  expect(retain("all")).not.toThrow();
});
