/**
 * Stored events of a shard of another process: its primary tells them again over gRPC, on a line of its
 * own, from the journal's first command on. A takeover in the middle interrupts it, and it goes on where
 * it was.
 */
import { EVENT_BYTES, type Events, makeEvents } from "../core/event.ts";
import { type Message, openLine } from "./entry-line.ts";
import type { StoredEvents, Wanted } from "./stored-events.ts";

export interface EntryPastOptions {
  readonly shard: number;
  /** "host:port" of every engine that may be the shard's primary. */
  readonly addresses: readonly string[];
  /** The journal that what is kept belongs to, in 32 hex digits, once it is known; another is refused. */
  journalId?(): string | undefined;
  /** A primary without a word for so long is given up. */
  readonly silenceMs?: number;
  /** A read that gets no further for so long is given up. */
  readonly patienceMs?: number;
}

export interface EntryPast extends StoredEvents {
  /** Ends reads under way, which are then rejected, as is every one that comes after. */
  stop(): void;
}

const SILENCE_MS = 1_500;
const PATIENCE_MS = 30_000;

export function openEntryPast(options: EntryPastOptions): EntryPast {
  const ends = new Set<(why: Error) => void>();
  let isStopped = false;

  /** Tells all there is, whatever is wanted: who asks picks. */
  function read(_wanted: Wanted, onEvents: (events: Events) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (isStopped) return reject(new Error("it was stopped"));
      const reading = startReading(options, onEvents, (why) => {
        ends.delete(reading.end);
        if (why === null) resolve();
        else reject(why);
      });
      ends.add(reading.end);
    });
  }

  function stop(): void {
    isStopped = true;
    for (const end of ends) end(new Error("it was stopped"));
  }

  return { read, stop };
}

function startReading(
  {
    shard,
    addresses,
    journalId,
    silenceMs = SILENCE_MS,
    patienceMs = PATIENCE_MS,
  }: EntryPastOptions,
  onEvents: (events: Events) => void,
  onOver: (why: Error | null) => void,
): { end(why: Error): void } {
  let events = makeEvents(1_024);
  let [next, head] = [1, -1]; // the first command not told; what the primary had at its welcome, or -1
  let isOver = false;
  const giveUp = (): void => over(new Error(`nothing came of the events from ${next} on`));
  let patience = setTimeout(giveUp, patienceMs);

  function over(why: Error | null): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(patience);
    line.close();
    onOver(why);
  }

  function hear(message: Message): void {
    if (isOver) return;
    if (message.case === "welcome") head = Number(message.value.headSequence);
    else if (message.case === "events") {
      const { firstSequence, nextSequence, records } = message.value;
      if (Number(firstSequence) !== next || records.length % EVENT_BYTES !== 0) {
        return over(new Error(`events from ${firstSequence} on were told, where ${next} was due`));
      }
      const count = records.length / EVENT_BYTES;
      if (count > events.capacity) events = makeEvents(2 * count);
      events.u8.set(records);
      events.count = count;
      onEvents(events);
      next = Number(nextSequence);
      clearTimeout(patience);
      patience = setTimeout(giveUp, patienceMs);
    }
    if (head >= 0 && next > head) over(null);
  }

  const line = openLine({
    shard,
    addresses,
    silenceMs,
    from: () => ({ sequence: next, journalId: Buffer.from(journalId?.() ?? "", "hex") }),
    onMessage: (message) => {
      try {
        hear(message);
      } catch (error) {
        over(error as Error); // the listener's
      }
    },
    onLost: () => void (head = -1),
    onHopeless: (words) => over(new Error(words)),
  });
  return { end: over };
}
