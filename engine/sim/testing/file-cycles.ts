/**
 * A shard in a process of its own is killed again and again, at random instants and at named points,
 * under load; each time the next one recovers, and is sent again what may or may not have arrived.
 * Afterwards the journal is read by the auditor's own parser and compared with what was acknowledged.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCommands } from "../../core/command.ts";
import { makeEvents } from "../../core/event.ts";
import { makeShard } from "../../core/index.ts";
import { EVENTS_PER_COMMAND_MAX } from "../../core/limits.ts";
import { CRASH_POINTS } from "../../shell/testing/crash-points.ts";
import { startDriver } from "../../shell/testing/driver.ts";
import { type Owner, startOwner } from "../../shell/testing/owner-process.ts";
import { commandsInFiles, type JournaledCommand } from "../journal-audit.ts";
import { makeRandom, type Random } from "../random.ts";

const SEGMENT_BYTES = 256 * 1024; // a next one is soon needed
/** Few make short batches, synced by the shard's thread; many make long ones, synced by the one beside. */
const IN_FLIGHT = [64, 1_024] as const;
/** A directory of its own for so many cycles: else a start would take longer and longer. */
const CYCLES_PER_JOURNAL = 25;
/** So many directories at a time: while one waits for its moment to kill, another starts. */
const AT_A_TIME = 2;
const RESENT = 30; // acknowledged ones among those sent again
const DEADLINE_AHEAD_US = 1_800_000_000;
const READY_MS_MAX = 2_000;
const READY_MS_PER_COMMAND = 0.001;

export interface Cycles {
  readonly cycles: number;
  readonly acked: number;
  readonly lost: number;
  readonly doubled: number;
}

export interface FileCycles extends Cycles {
  /** Sent again and answered as before. */
  readonly resent: number;
  /** How often a process died at a point, by its name; "an instant" is a random one. */
  readonly deaths: Readonly<Record<string, number>>;
  /** Starts that took longer than they may. */
  readonly late: number;
  readonly findings: readonly string[];
}

interface Counts {
  acked: number;
  lost: number;
  doubled: number;
  resent: number;
  late: number;
  readonly deaths: Record<string, number>;
  readonly findings: string[];
}

export async function runFileCycles(
  cycles: number,
  seed: number,
  tell: (words: string) => void,
): Promise<FileCycles> {
  const counts: Counts = {
    acked: 0,
    lost: 0,
    doubled: 0,
    resent: 0,
    late: 0,
    deaths: {},
    findings: [],
  };
  let taken = 0;
  let done = 0;

  async function takeJournals(): Promise<void> {
    while (taken < cycles) {
      const random = makeRandom(seed, taken);
      const count = Math.min(CYCLES_PER_JOURNAL, cycles - taken);
      taken += count;
      const directory = mkdtempSync(join(tmpdir(), "solebook-crash-"));
      try {
        await runJournal(directory, count, random, counts);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      done += count;
      const { acked, lost, doubled } = counts;
      tell(`${done} of ${cycles} cycles: ${acked} orders, `);
      tell(`  ${lost} lost, ${doubled} doubled`);
    }
  }

  await Promise.all(Array.from({ length: AT_A_TIME }, takeJournals));
  return { cycles, ...counts };
}

interface Run {
  readonly name: string;
  readonly deadlineUs: number;
  /** The number behind the last order it acknowledged. */
  readonly next: number;
  readonly inFlight: number;
}

async function runJournal(
  directory: string,
  cycles: number,
  random: Random,
  counts: Counts,
): Promise<void> {
  const acked = new Map<string, number>();
  let before: Run | null = null;
  let commands = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const name = `c${cycle}`;
    const deadlineUs: number = Date.now() * 1_000 + DEADLINE_AHEAD_US;
    const point = random.chance(0.5) ? random.pick(CRASH_POINTS) : null;
    const nth = point?.startsWith("segment") === true ? 1 : random.between(1, 30);
    const inFlight: number = IN_FLIGHT[cycle % IN_FLIGHT.length]!;
    const beganMs = performance.now();
    const owner = startOwner({
      directory,
      run: name,
      segmentBytes: SEGMENT_BYTES,
      inFlight,
      deadlineUs,
      ...(before === null ? {} : { again: againOf(before) }),
      ...(point === null ? {} : { crashAt: `${point}:${nth}` }),
    });
    const found = await untilDead(owner, random, point === null);
    const how = found.isByPoint ? point! : "an instant";
    counts.deaths[how] = (counts.deaths[how] ?? 0) + 1;
    if (found.readyMs - beganMs > READY_MS_MAX + commands * READY_MS_PER_COMMAND) counts.late++;
    collect(owner, acked, counts);
    const next = highestOf(owner.acked(), name) + 1;
    if (next > 0) before = { name, deadlineUs, next, inFlight };
    for (const sequence of owner.acked().values()) commands = Math.max(commands, sequence);
  }
  const driver = await startDriver(directory, { segmentBytes: SEGMENT_BYTES });
  await driver.stop(); // with a checkpoint, which the replay compares
  audit(directory, acked, counts);
}

/** What may be under way, and a few that surely arrived. */
function againOf({ name, deadlineUs, next, inFlight }: Run): string {
  return `${name}:${Math.max(0, next - RESENT)}:${next + inFlight}:${deadlineUs}`;
}

function highestOf(acked: ReadonlyMap<string, number>, name: string): number {
  let highest = -1;
  for (const id of acked.keys()) highest = Math.max(highest, Number(id.slice(name.length + 1)));
  return highest;
}

/** Lets it trade and kills it, unless it does so itself before. */
async function untilDead(
  owner: Owner,
  random: Random,
  atOnce: boolean,
): Promise<{ readonly readyMs: number; readonly isByPoint: boolean }> {
  let readyMs = -Infinity;
  const gone = owner.exited.then(() => "gone" as const);
  const trading = owner.line(/^acked /).then(
    () => "trading" as const,
    () => "gone" as const,
  );
  void owner.line(/^ready /).then(
    () => void (readyMs = performance.now()),
    () => {},
  );
  if ((await Promise.race([gone, trading])) === "gone") {
    expectKilled(owner);
    return { readyMs, isByPoint: true };
  }
  const waitMs = atOnce ? random.below(250) : 300;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<"over">((resolve) => {
    timer = setTimeout(() => resolve("over"), waitMs);
  });
  const first = await Promise.race([gone, over]);
  clearTimeout(timer);
  await owner.kill();
  expectKilled(owner);
  return { readyMs, isByPoint: first === "gone" };
}

/** It may die in no other way: a start that is refused is no death at a point. */
function expectKilled({ child }: Owner): void {
  if (child.signalCode === "SIGKILL") return;
  throw new Error(`an owner ended by itself, with ${child.exitCode ?? child.signalCode}`);
}

/** What it told; an order that was answered twice must have been answered the same. */
function collect(owner: Owner, acked: Map<string, number>, counts: Counts): void {
  for (const [id, sequence] of owner.again()) {
    const before = acked.get(id);
    counts.resent++;
    if (before !== undefined && before !== sequence) {
      counts.doubled++;
      counts.findings.push(`${id} was acknowledged at ${before}, and sent again at ${sequence}`);
    }
    acked.set(id, before ?? sequence);
  }
  for (const [id, sequence] of owner.acked()) acked.set(id, sequence);
}

function audit(directory: string, acked: ReadonlyMap<string, number>, counts: Counts): void {
  const names = readdirSync(directory).filter((name) => name.endsWith(".seg"));
  const journal = commandsInFiles(
    names.toSorted().map((name) => readFileSync(join(directory, name))),
  );
  counts.acked += acked.size;
  for (const [id, sequence] of acked) {
    const found = journal[sequence - 1];
    if (found !== undefined && found.type === 1 && idOf(found) === id) continue;
    counts.lost++;
    counts.findings.push(`${id} is not at ${sequence}`);
  }
  for (const id of takenTwice(journal)) {
    counts.doubled++;
    counts.findings.push(`${id} was taken twice`);
  }
}

function idOf({ id }: JournaledCommand): string {
  return id.toString("latin1").replace(/\0+$/, "");
}

/** Replays the journal, which compares its checkpoints, and finds ids that were accepted anew. */
function takenTwice(journal: readonly JournaledCommand[]): string[] {
  const shard = makeShard();
  const commands = makeCommands(1);
  const events = makeEvents(EVENTS_PER_COMMAND_MAX);
  const bytes = Buffer.from(events.u8.buffer);
  const taken = new Set<string>();
  const twice: string[] = [];
  for (const command of journal) {
    commands.u8.set(command.bytes);
    events.count = 0;
    shard.apply(commands, 0, events);
    for (let i = 0; i < events.count; i++) {
      const event = bytes.subarray(i * 168, (i + 1) * 168);
      if (event[0] !== 1 || (event[1]! & 2) !== 0) continue; // accepted, and not from memory
      const id = idOf(command);
      if (taken.has(id)) twice.push(id);
      taken.add(id);
    }
  }
  return twice;
}
