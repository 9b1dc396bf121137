/**
 * Watches commands one by one, phase by phase: what the heaviest had to tell, and how long each took, by
 * the clock and, of phases that are short enough to ask, by the process's own time.
 */

export interface Phase {
  readonly phase: string;
  readonly commands: number;
  readonly events: number;
  /** Of one command. */
  readonly eventsMax: number;
  readonly p50Us: number;
  readonly p999Us: number;
  readonly maxMs: number;
  /** As `maxMs`, but of this process's own time: what others did to the machine is not in it. */
  readonly ownMaxMs: number;
  /** Commands above a millisecond of it: the compiler's and collector's work counts, too. */
  readonly ownLong: number;
}

export interface Watch {
  readonly phases: readonly Phase[];
  /** Right before and right after a command. */
  begin(): void;
  end(events: number): void;
  /** `isOwn`: own time, too; asking for it for each of millions of commands would be most of it. */
  phase(name: string, run: () => void, isOwn?: boolean): void;
}

/** For phases of so many commands at most. */
export function makeWatch(commandsMax: number): Watch {
  const times = new Float64Array(commandsMax).fill(1); // so that its pages are not the shard's
  const phases: Phase[] = [];
  let count = 0;
  let told = 0;
  let toldMax = 0;
  let beganMs = 0;
  let asksOwn = false;
  let ownUs = 0;
  let ownMaxUs = 0;
  let ownLong = 0;

  function spentUs(): number {
    if (!asksOwn) return 0;
    const { user, system } = process.cpuUsage();
    return user + system;
  }

  function begin(): void {
    ownUs = spentUs();
    beganMs = performance.now();
  }

  function end(events: number): void {
    times[count++] = performance.now() - beganMs;
    ownUs = spentUs() - ownUs;
    if (ownUs > ownMaxUs) ownMaxUs = ownUs;
    if (ownUs > 1_000) ownLong++;
    told += events;
    if (events > toldMax) toldMax = events;
  }

  function phase(name: string, run: () => void, isOwn = false): void {
    count = told = toldMax = ownMaxUs = ownLong = 0;
    asksOwn = isOwn;
    run();
    const sorted = times.subarray(0, count).toSorted();
    const at = (share: number): number => sorted[Math.floor((count - 1) * share)]!;
    phases.push({
      phase: name,
      commands: count,
      events: told,
      eventsMax: toldMax,
      p50Us: Math.round(at(0.5) * 1e4) / 10,
      p999Us: Math.round(at(0.999) * 1e4) / 10,
      maxMs: Math.round(at(1) * 1e3) / 1e3,
      ownMaxMs: ownMaxUs / 1e3,
      ownLong,
    });
  }

  return { phases, begin, end, phase };
}

export function tellPhase(one: Phase): string {
  const own = `, of its own time ${one.ownMaxMs} ms (${one.ownLong} above 1 ms)`;
  return (
    `${one.phase.padEnd(28)} ${String(one.commands).padStart(9)} commands, most events ` +
    `${String(one.eventsMax).padStart(3)}, p50 ${one.p50Us} us, p99.9 ${one.p999Us} us, ` +
    `worst ${one.maxMs} ms${one.ownMaxMs === 0 ? "" : own}`
  );
}
