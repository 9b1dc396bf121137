/**
 * Follows a journal's topic: links that break are opened again at the next broker, a link that says
 * nothing for too long is taken for broken, and every record is judged. Never asks where the end is
 * in order to believe it: a broker that was paused may not know.
 */
import { ShellError, ShellErrorCode } from "../../errors.ts";
import { readHeader } from "../frame.ts";
import type { JournalBeginning, JournalFrame, JournalPlace } from "../journal.ts";
import { makeJudge } from "./judge.ts";
import {
  type Fetched,
  type KafkaAddress,
  type KafkaRecord,
  type Link,
  openLink,
  type OpenLink,
  saysOutOfRange,
  within,
} from "./link.ts";

export interface ReaderOptions {
  readonly address: KafkaAddress;
  readonly topic: string;
  readonly shard: number;
  /** For one try at one broker. */
  readonly attemptMs: number;
  readonly connect?: OpenLink;
  /** How long `readFrames` waits for a record. */
  readonly giveUpMs?: number;
}

/** How long a broker holds a request for records that are not there yet. */
const WAIT_MS = 250;
const PAUSE_MS = 50;
/** `read` is for people and tools: it gives up where `tail` goes on trying. */
const READ_GIVE_UP_MS = 30_000;

/** The frames that count, from `from` to the end that the leader tells at the first look. */
export async function* readFrames(
  options: ReaderOptions,
  from: JournalPlace,
): AsyncGenerator<JournalFrame, void> {
  const giveUp = new AbortController();
  // For the next record, not for all of them: who applies them may need minutes.
  const patience = (): NodeJS.Timeout =>
    setTimeout(() => giveUp.abort(), options.giveUpMs ?? READ_GIVE_UP_MS);
  let timer = patience();
  let end: number | null = null;
  const judge = makeJudge(options.topic, options.shard, from);
  try {
    for await (const fetched of fetches(options, judge.cursor, giveUp.signal, 0)) {
      end ??= fetched.end;
      if (judge.cursor() >= end) return;
      if (fetched.records.length === 0) continue;
      clearTimeout(timer);
      for (const record of fetched.records) {
        if (judge.cursor() >= end) break;
        const frame = judge.meet(record);
        if (frame !== null) yield frame;
      }
      if (judge.cursor() >= end) return;
      timer = patience();
    }
  } finally {
    clearTimeout(timer);
  }
  throw unavailable(options);
}

/** The frames that count, from `from` on, until `signal`. */
export async function* tailFrames(
  options: ReaderOptions,
  from: JournalPlace,
  signal: AbortSignal,
): AsyncGenerator<JournalFrame, void> {
  const judge = makeJudge(options.topic, options.shard, from);
  for await (const fetched of fetches(options, judge.cursor, signal, WAIT_MS)) {
    for (const record of fetched.records) {
      const frame = judge.meet(record);
      if (frame !== null) yield frame;
      if (signal.aborted) return;
    }
  }
}

/** What the oldest record says. Gives up as `readFrames` does. */
export async function readBeginning(options: ReaderOptions): Promise<JournalBeginning> {
  const { address, topic, attemptMs, connect = openLink } = options;
  const giveUp = AbortSignal.timeout(READ_GIVE_UP_MS);
  for (let turn = 0; !giveUp.aborted; turn++) {
    let link: Link | null = null;
    try {
      link = await connect(address, topic, turn, attemptMs);
      const bounds = await within(attemptMs, "asking for the bounds", link.bounds());
      const { records } = await within(attemptMs, "reading", link.fetch(bounds.first, 0));
      // A broker that has just started may not know yet what of its records is in all copies.
      if (records.length === 0 && bounds.end > bounds.first) throw new Error("not readable yet");
      return { position: bounds.first, journalId: firstIdOf(records) };
    } catch {
      await pause(giveUp);
    } finally {
      link?.close();
    }
  }
  throw unavailable(options);
}

/** Who wrote first of several that began at once named the journal; all later ones carry that. */
function firstIdOf(records: readonly KafkaRecord[]): Buffer | null {
  for (const { value } of records) {
    const reading = readHeader(value);
    if (reading.kind === "frame") return Buffer.from(reading.header.journalId);
  }
  return null;
}

function unavailable({ topic, address }: ReaderOptions): ShellError {
  return new ShellError(
    ShellErrorCode.JOURNAL_UNAVAILABLE,
    `topic ${topic} could not be read to its end: for ${READ_GIVE_UP_MS / 1_000} s no ` +
      `broker of ${address.brokers.join(", ")} gave its next record.`,
  );
}

/** What brokers answer, one request after the other, each from `cursor`; ends when `signal` says so. */
async function* fetches(
  options: ReaderOptions,
  cursor: () => number,
  signal: AbortSignal,
  waitMs: number,
): AsyncGenerator<Fetched, void> {
  const { address, topic, attemptMs, connect = openLink } = options;
  let turn = 0;
  let link: Link | null = null;
  const hangUp = (): void => link?.close();
  signal.addEventListener("abort", hangUp);
  try {
    while (!signal.aborted) {
      let fetched: Fetched;
      try {
        link ??= await connect(address, topic, turn++, attemptMs);
        fetched = await within(waitMs + attemptMs, "reading", link.fetch(cursor(), waitMs));
      } catch (error) {
        if (link !== null && saysOutOfRange(error)) await explain(link, options, cursor());
        link?.close();
        link = null;
        await pause(signal);
        continue;
      }
      yield fetched;
    }
  } finally {
    signal.removeEventListener("abort", hangUp);
    hangUp();
  }
}

/** Throws what a reader must know who asks for a record that is not there. */
async function explain(link: Link, options: ReaderOptions, cursor: number): Promise<void> {
  const { topic, attemptMs } = options;
  let bounds: Awaited<ReturnType<Link["bounds"]>>;
  try {
    bounds = await within(attemptMs, "asking for the bounds", link.bounds());
  } catch {
    return; // the link is broken: the next one will tell
  }
  if (cursor < bounds.first) {
    throw new ShellError(
      ShellErrorCode.JOURNAL_ARCHIVED,
      `topic ${topic} begins with record ${bounds.first}; record ${cursor} is not kept any more. ` +
        "Begin from a snapshot taken later.",
    );
  }
  if (cursor > bounds.end) {
    throw new ShellError(
      ShellErrorCode.JOURNAL_DAMAGED,
      `topic ${topic} ends before record ${bounds.end}, but everything before ${cursor} was read ` +
        "once: records that were acknowledged are gone. Was the topic made anew, or a copy elected " +
        "that lagged behind (unclean.leader.election.enable)? Nothing was changed.",
    );
  }
}

export async function pause(signal?: AbortSignal, ms = PAUSE_MS): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
