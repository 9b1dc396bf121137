/** Contenders for one journal, as their parent sees them; and the audit of what they have said. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { COMMAND_BYTES, CommandI32 } from "../../core/command.ts";
import { HEADER_BYTES } from "../journal/frame.ts";
import { JOURNAL_START } from "../journal/journal.ts";
import type { KafkaAddress } from "../journal/kafka/link.ts";
import { openTest } from "./kafka.ts";

export interface Contender {
  readonly name: string;
  /** What it said last of these: "standing by", "up", "down", "ended". */
  state(): string;
  /** Terms it was up in. */
  readonly terms: readonly number[];
  /** Orders it acknowledged, with the sequence of each. */
  readonly acked: ReadonlyMap<string, number>;
  /** Orders of others it sent again, with the sequence it was then told. */
  readonly again: ReadonlyMap<string, number>;
  /** All it said but for acknowledgements. */
  readonly said: readonly string[];
  alive(): boolean;
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
}

const STOOD_STILL_MS = 1_000;
const PROGRAM = new URL("./contender.ts", import.meta.url).pathname;

export function startContender(
  address: KafkaAddress,
  topic: string,
  name: string,
  leaseMs: number,
): Contender {
  const args = ["--disable-warning=ExperimentalWarning", PROGRAM];
  const child = spawn(
    process.execPath,
    [...args, name, topic, String(leaseMs), address.brokers.join(",")],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const acked = new Map<string, number>();
  const again = new Map<string, number>();
  const said: string[] = [];
  const terms: number[] = [];
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [word, first = "", second = ""] = line.split(" ");
    if (word === "acked" || word === "again") {
      const told = word === "acked" ? acked : again;
      if (second.endsWith(".")) told.set(first, Number(second.slice(0, -1)));
      return;
    }
    if (word === "up") terms.push(Number(first));
    said.push(line);
  });
  return {
    name,
    state: () => said.at(-1)?.split(" ")[0] ?? "",
    terms,
    acked,
    again,
    said,
    alive: () => child.exitCode === null && child.signalCode === null,
    pause: () => signal(child, "SIGSTOP"),
    resume: () => signal(child, "SIGCONT"),
    kill: async () => {
      signal(child, "SIGKILL");
      await gone;
    },
  };
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(name);
}

/** How long it took. Time in which this process stood still is not the other one's: it counts little. */
export async function until(
  what: string,
  isSo: () => boolean,
  timeoutMs = 60_000,
): Promise<number> {
  const beganMs = performance.now();
  let lookedMs = beganMs;
  let leftMs = timeoutMs;
  while (!isSo()) {
    if (leftMs < 0) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const nowMs = performance.now();
    leftMs -= Math.min(nowMs - lookedMs, STOOD_STILL_MS);
    lookedMs = nowMs;
  }
  return performance.now() - beganMs;
}

/** Who says that it is up; the one of the highest term, should a deposed one not know it yet. */
export function primaryOf(contenders: readonly Contender[]): Contender | null {
  const up = contenders.filter((one) => one.alive() && one.state() === "up");
  up.sort((a, b) => b.terms.at(-1)! - a.terms.at(-1)!);
  return up[0] ?? null;
}

export interface Audit {
  readonly acked: number;
  /** The orders that are not where they were said to be. */
  readonly lost: readonly string[];
  /** Orders that stand under two sequences which their contenders both acknowledged. */
  readonly doubled: number;
  /** Those in words. */
  readonly twice: readonly string[];
  /** Orders sent again after a takeover, and told the sequence of the first copy. */
  readonly again: number;
  readonly terms: number;
}

/**
 * Reads the journal and compares: each order acknowledged before this was called stands under the
 * sequence it was told. Contenders may trade on meanwhile.
 */
export async function audit(
  address: KafkaAddress,
  topic: string,
  contenders: readonly Contender[],
): Promise<Audit> {
  const acked = contenders.flatMap((one) => [...one.acked]);
  const journal = openTest(address, topic);
  // A barrier: what a leader tells of the end after this includes all that was confirmed before.
  const barrier = await journal.claim(JOURNAL_START);
  if (barrier.kind !== "durable") throw new Error(`no barrier: ${barrier.why}`);
  const idAt = new Map<number, string>();
  let terms = 0;
  for await (const { header, bytes, place } of journal.read(JOURNAL_START)) {
    terms = place.term;
    for (let i = 0; i < header.count; i++) {
      const at = HEADER_BYTES + i * COMMAND_BYTES + CommandI32.clientOrderId * 4;
      const id = bytes.toString("latin1", at, at + 16).replace(/\0+$/, "");
      idAt.set(header.firstSequence + i, id);
    }
  }
  const lost: string[] = [];
  const owners = new Map<number, string>();
  const twice: string[] = [];
  for (const [id, sequence] of acked) {
    const found = idAt.get(sequence);
    if (found !== id) lost.push(`${id} at ${sequence}: ${found ?? "nothing"} is there`);
    if (owners.has(sequence)) twice.push(`${id} and ${owners.get(sequence)} at ${sequence}`);
    owners.set(sequence, id);
  }
  const again = contenders.flatMap((one) => [...one.again]);
  for (const [id, sequence] of again) {
    if (idAt.get(sequence) !== id) twice.push(`${id}, sent again, at ${sequence}`);
    for (const { acked: told, name } of contenders) {
      const own = told.get(id) ?? sequence;
      if (own !== sequence) twice.push(`${id} at ${own} by ${name}, sent again at ${sequence}`);
    }
  }
  return { acked: acked.length, lost, doubled: twice.length, twice, again: again.length, terms };
}
