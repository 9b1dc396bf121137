/**
 * One seed on files: a shard lives several lives on one disk. Each ends at a call of the disk, between
 * two steps or cleanly; the power goes or only the process does; the next one recovers what is there.
 * Half of the seeds have an honest disk, on which nothing may be lost and no start refused. On the
 * others it may lie, and two outcomes more are right: see `Tally`.
 */
import { asShellError, ShellError, ShellErrorCode } from "../shell/errors.ts";
import { FRAME_BYTES_MAX } from "../shell/journal/frame.ts";
import { SEGMENT_BYTES_MIN } from "../shell/journal/segments.ts";
import { makeAuditor } from "./auditor.ts";
import { makeSimDisk, type SimDisk } from "./disk.ts";
import { Rate, type Say, type Tally, Violation } from "./faults.ts";
import { DIRECTORY, type FileProcess, type ProcessParts, startProcess } from "./file-process.ts";
import { commandsInFiles } from "./journal-audit.ts";
import { makeRandom } from "./random.ts";
import { replay } from "./reference.ts";
import { makeTraders } from "./traders.ts";

const LIVES_MAX = 12;
const HOUR_US = 3_600_000_000;
const START_US = 1_790_000_000_000_000;

/** Throws a Violation, or whatever the shell threw that it must not. */
export async function runFiles(seed: number, tally: Tally, say: Say): Promise<void> {
  const random = makeRandom(seed, 1);
  const { faults } = tally;
  const time = makeTime();
  const disk = makeSimDisk({ random: makeRandom(seed, 2), faults, took: time.pass });
  const auditor = makeAuditor();
  const traders = makeTraders({ random: makeRandom(seed, 3), auditor, tally });
  const mayLie = random.chance(0.5);
  const lives = random.between(3, LIVES_MAX);
  /** The sequences of the last batch that was told. */
  let lastBatch = { from: 1, to: 0 };
  let life = 0;

  const hear = (event: Buffer): void => {
    auditor.hear(`life ${life}`, event);
    traders.hear(event);
  };
  const warn = (words: string): void => {
    say(`  ${words}`);
    if (disk.lies.length > 0 || /ENOSPC|EIO/.test(words)) return;
    throw new Violation(`on an honest disk: ${words}`);
  };
  const around = { disk, random, time: time.sources, pass: time.pass, hear, warn };
  const parts: ProcessParts = { ...around, isArchiveElsewhere: seed % 2 === 1 };

  /** null when it died while it recovered. Throws what refuses the start. */
  async function start(begin: "snapshot" | "journal"): Promise<FileProcess | null> {
    let started: FileProcess;
    try {
      started = await startProcess(parts, begin);
    } catch (error) {
      if (disk.isDead()) return null;
      throw error;
    }
    const { end, shard } = started;
    say(`life ${life}: live at sequence ${shard.sequence()}, ${wordsOf(end.torn)}`);
    judgeEnd(started);
    started.drain();
    auditor.hash(`life ${life}, recovered,`, shard.sequence(), shard.hash().text);
    return started;
  }

  /** Whether all that was told is there; or lies at the end, alone, where the disk has lied. */
  function judgeEnd({ end, shard }: FileProcess): void {
    const told = auditor.highestTold();
    if (told <= shard.sequence()) return;
    const from = shard.sequence() + 1;
    const isLastFrame = from === lastBatch.from && told <= lastBatch.to;
    const isDamaged = disk.lies.some((lie) => {
      const base = Number(lie.path.slice(-12, -4)) * SEGMENT_BYTES_MIN;
      const reach = end.position + 2 * FRAME_BYTES_MAX;
      return base + lie.to > end.position && base + lie.from < reach;
    });
    if (!isLastFrame || !isDamaged) {
      throw new Violation(
        `life ${life}: sequences ${from} to ${told} were told and are not in the journal` +
          (isDamaged ? ", and they are more than the last frame" : ""),
      );
    }
    say(`  ${from} to ${told} cut: the disk had damaged the last frame`);
    tally.cut++;
    auditor.forgetFrom(from);
  }

  /** Runs until it dies, breaks or stops. */
  async function live(it: FileProcess): Promise<void> {
    if (mayLie && random.chance(2 * Rate.MISDIRECTED)) disk.planLie();
    if (random.chance(0.1)) disk.setCapacity(disk.usedBytes() + random.below(SEGMENT_BYTES_MIN));
    for (const record of traders.opening()) it.submit(record);
    const turns = random.between(1, 80);
    for (let turn = 0; turn < turns; turn++) {
      const burst = random.chance(0.1) ? 100 : 6;
      for (let i = random.below(burst); i > 0; i--) it.submit(traders.next());
      meddle();
      const from = it.shard.sequence() + 1;
      if (it.primary.step() > 0) lastBatch = { from, to: it.shard.sequence() };
      if (random.chance(0.3)) it.primary.coverWhenIdle();
      if (random.chance(0.8)) it.drain();
      if (random.chance(0.3)) it.prepare();
      if (random.chance(0.02)) disk.setCapacity(Infinity);
      if (random.chance(0.03)) await takeSnapshot(it);
    }
    if (!random.chance(0.3)) return;
    say("  a clean stop");
    const from = it.shard.sequence() + 1;
    it.primary.finish();
    if (it.shard.sequence() >= from)
      lastBatch = { from: it.shard.sequence(), to: it.shard.sequence() };
    it.journal.close();
  }

  /** One that fails is told and missed; the shard lives on. */
  async function takeSnapshot(it: FileProcess): Promise<void> {
    try {
      await it.takeSnapshot();
      say("  a snapshot was taken");
    } catch (error) {
      if (disk.isDead() || (!saysDisk(error) && disk.lies.length === 0)) throw error;
      say(`  no snapshot: ${(error as Error).message}`);
    }
  }

  function meddle(): void {
    time.pass(random.chance(0.1) ? random.below(3_000_000) : random.below(5_000));
    if (random.chance(0.01)) {
      faults.pause++;
      time.pass(random.between(1, 30) * 1_000_000);
    }
    if (random.chance(0.01)) {
      faults.clock_step++;
      time.step(random.pick([-HOUR_US, -1_000_000, 1_000_000, 10_000_000, HOUR_US]));
    }
    if (random.chance(0.002)) disk.planError();
  }

  /** How a life came to its end, and what is then left of the disk. */
  function end(it: FileProcess | null, broke: ShellError | null): void {
    if (it !== null) it.drain(); // what was published may have been read: it counts as told
    faults.crash++;
    // After an error of the disk the whole machine is started again.
    const isPower = broke !== null || random.chance(0.6);
    say(
      `  ${isPower ? "the power goes" : "the process is killed"} at ${time.sources.monotonicUs()} us`,
    );
    if (it !== null && !disk.isDead() && broke === null) {
      auditor.hash(`life ${life}, live,`, it.shard.sequence(), it.shard.hash().text);
    }
    if (isPower) disk.cutPower();
    else disk.kill();
    if (mayLie && random.chance(Rate.TORN) && hasSegments()) disk.flipBit();
    disk.revive();
    if (random.chance(0.8)) disk.setCapacity(Infinity);
    time.pass(random.below(10_000_000));
  }

  function hasSegments(): boolean {
    return disk.list(DIRECTORY).some((name) => name.endsWith(".seg"));
  }

  async function oneLife(): Promise<void> {
    let it: FileProcess | null = null;
    let broke: ShellError | null = null;
    if (random.chance(0.8)) disk.dieAt(random.between(1, random.pick([10, 60, 200])));
    try {
      it = await start(random.pick(["snapshot", "journal"]));
      if (it !== null) await live(it);
    } catch (error) {
      if (!disk.isDead()) broke = onlyWrites(error);
    }
    if (broke !== null) say(`  ${broke.message}`);
    end(it, broke);
  }

  /** Refusals of a damaged journal come with the next start; here only writing may fail. */
  function onlyWrites(error: unknown): ShellError {
    const broke = asShellError(error);
    const isDisk = saysDisk(error) || broke.code === ShellErrorCode.JOURNAL_WRITE_FAILED;
    if (!isDisk) throw error;
    return broke;
  }

  try {
    for (life = 1; life <= lives; life++) await oneLife();
    disk.setCapacity(Infinity);
    await start("journal"); // all of it once more, told and compared
  } catch (error) {
    if (!isRightRefusal(error)) throw error;
    say(`refused, rightly: ${(error as Error).message}`);
    tally.refused++;
    return;
  }
  audit();

  function isRightRefusal(error: unknown): boolean {
    const isRefusal = error instanceof ShellError && error.code === ShellErrorCode.JOURNAL_DAMAGED;
    return isRefusal && disk.lies.length > 0;
  }

  function audit(): void {
    const journal = commandsInFiles(segmentsOf(disk));
    auditor.close(journal);
    replay(journal, auditor);
    tally.commands += journal.length;
    say(`audited: ${journal.length} commands, ${tally.acked} orders acknowledged`);
  }
}

/** Those of the archive come first; one may be there and not yet gone from here. */
function segmentsOf(disk: SimDisk): Uint8Array[] {
  const of = (directory: string): Map<string, Uint8Array> => {
    const names = disk.list(directory).filter((name) => name.endsWith(".seg"));
    return new Map(names.toSorted().map((name) => [name, disk.bytesOf(`${directory}/${name}`)]));
  };
  return [...new Map([...of(`${DIRECTORY}/archive`), ...of(DIRECTORY)]).values()];
}

/** What the file system said itself: no room, an error of the device. */
function saysDisk(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "ENOSPC" || code === "EIO";
}

function wordsOf(torn: FileProcess["end"]["torn"]): string {
  return torn === null ? "nothing torn" : `cut at ${torn.from}: ${torn.why}`;
}

function makeTime() {
  let nowUs = 0;
  let offsetUs = START_US;
  const pass = (us: number): void => void (nowUs += us);
  return {
    pass,
    step: (us: number) => void (offsetUs += us),
    sources: {
      wallUs: () => Math.floor((nowUs + offsetUs) / 1_000) * 1_000,
      monotonicUs: () => ++nowUs, // even to look at a clock takes time
      uptimeUs: () => nowUs,
    },
  };
}
