/**
 * A shard of another process, reached over gRPC, wherever its primary is at the time: the same face as
 * over shared memory. Events go on where they broke off, each once.
 *
 * What was on its way when a primary was lost is settled by the next one: what it tells happened is
 * answered as ever; then it is sent a question, and once that is answered, whatever else had been sent
 * before never happened, because commands wait in one line and a primary that steps down forgets those
 * that wait. Until then nobody says anything, but for "unknown" when it takes too long.
 */
import { CommandType } from "../core/codes.ts";
import {
  clearCommand,
  COMMAND_BYTES,
  COMMAND_F64,
  CommandF64,
  CommandI32,
  CommandU8,
  makeCommands,
} from "../core/command.ts";
import { EVENT_BYTES, EVENT_F64, EventF64, type Events, makeEvents } from "../core/event.ts";
import type { EventRecords, ShardFigures } from "../../proto/gen/solebook/order/v1/entry_pb.ts";
import { type Message, openLine } from "./entry-line.ts";
import { Refusal, type ShardClient, type ShardListener, type ShardStats } from "./shard-client.ts";

export interface EntryClientOptions {
  readonly shard: number;
  /** "host:port" of every engine that may be the shard's primary. */
  readonly addresses: readonly string[];
  /** The journal that what is kept belongs to, in 32 hex digits; another is refused. */
  readonly journalId?: string | undefined;
  /** A primary without a word for so long is given up. */
  readonly silenceMs?: number;
  /** How long what was on its way waits for a new primary before it is called unknown. */
  readonly doubtMs?: number;
  /**
   * Events that are about to be told: what must be waited for before; it never rejects. Who keeps names beside the journal
   * may not know yet what another gateway named.
   */
  prepare?(events: Events, count: number): Promise<void> | null;
  /** For the log: a primary was lost. */
  onTrouble?(words: string): void;
  /** It ended by itself: another attempt would change nothing. */
  onEnded?(words: string): void;
}

export interface EntryClient extends ShardClient {
  /** 32 hex digits, once a primary has said so. */
  journalId(): string | undefined;
  close(): void;
}

const SILENCE_MS = 1_500;
const DOUBT_MS = 5_000;
/** Commands of one turn of the event loop: one message. */
const STAGE = 2_048;
/** Correlations on the wire are some life's of some client: its own number, and a count. */
const LIFE_BITS = 21;
const COUNT = 2 ** 32;
const PROBE_ACCOUNT = 1;

export function openEntryClient(options: EntryClientOptions): EntryClient {
  const { shard, silenceMs = SILENCE_MS, doubtMs = DOUBT_MS } = options;
  const commands = makeCommands(STAGE);
  const life = (1 + Math.floor(Math.random() * (2 ** LIFE_BITS - 1))) * COUNT;
  /** By correlation on the wire, that of whoever committed: what no response came for yet. */
  const onItsWay = new Map<number, number>();
  let events: Events = makeEvents(1_024);
  let listener: ShardListener | null = null;
  let journal: Uint8Array = Buffer.from(options.journalId ?? "", "hex");
  let [next, head] = [1, -1]; // the first command not told; what a primary had at its welcome, or -1
  let [isReady, isLive] = [false, false]; // it was live once; commands are taken
  let ending: string | null = null;
  let waiting: Message[] | null = null; // while names are learnt
  let [lines, sent, credit] = [0, 0, 0]; // lost so far; on the present one
  let [count, staged, probe] = [0, 0, 0]; // the last: the question that settles what was sent before
  let doubt: NodeJS.Timeout | undefined;
  let figures: ShardStats = { shard, tradesTotal: 0, ordersTotal: 0, ordersOpen: 0, sequence: 0 };
  let line: ReturnType<typeof openLine> | null = null;

  function hear(message: Message): void {
    // In the order in which they came, also while something is waited for.
    if (waiting !== null) waiting.push(message);
    else hearNow(message);
  }

  function hearNow(message: Message): void {
    if (message.case === "events") return tellEvents(message.value);
    if (message.case === "credit") credit = Number(message.value.commandsMax);
    else if (message.case === "figures") {
      figures = statsOf(shard, message.value);
    } else if (message.case === "welcome") {
      journal = message.value.journalId;
      head = Number(message.value.headSequence);
      sent = 0;
      credit = 0;
    }
    goLive();
  }

  function tellEvents({ firstSequence, nextSequence, records }: EventRecords): void {
    if (Number(firstSequence) !== next || records.length % EVENT_BYTES !== 0) {
      return end(`shard ${shard} told events from ${firstSequence} on, where ${next} was due`);
    }
    const told = records.length / EVENT_BYTES;
    if (told > events.capacity) events = makeEvents(2 * told);
    events.u8.set(records);
    const prepared = options.prepare?.(events, told) ?? null;
    if (prepared === null) return tellPrepared(told, Number(nextSequence));
    waiting = [];
    const mine = lines;
    void prepared.then(() => {
      if (lines !== mine) return; // it is told again, on another line
      tellPrepared(told, Number(nextSequence));
      const waited = waiting ?? [];
      waiting = null;
      for (const message of waited) hear(message);
    });
  }

  function tellPrepared(told: number, nextSequence: number): void {
    if (ending !== null) return;
    let settled = -1;
    for (let i = 0; i < told; i++) {
      const at = i * EVENT_F64 + EventF64.correlation;
      const correlation = events.f64[at]!;
      const asked = correlation === 0 ? undefined : onItsWay.get(correlation);
      if (asked !== undefined) {
        events.f64[at] = asked;
        onItsWay.delete(correlation);
      } else if (correlation !== 0 && correlation === probe) settled = probe;
      listener!.onEvent(events, i);
    }
    next = nextSequence;
    if (settled > 0) settle(settled);
    listener!.onBatchEnd();
    goLive();
  }

  function goLive(): void {
    // Once all that was is told and there is credit.
    if (isLive || head < 0 || next <= head || credit === 0) return;
    isLive = true;
    if (onItsWay.size > 0) {
      probe = life + ++count;
      sent++;
      line!.send(questionOf(probe));
    } else resolveDoubt();
    if (isReady) listener!.onBack?.();
    else {
      isReady = true;
      listener!.onReady();
    }
  }

  /** What was sent before the question and did not happen by now never will. */
  function settle(question: number): void {
    probe = 0;
    resolveDoubt();
    for (const [correlation, asked] of onItsWay) {
      if (correlation > question) continue;
      onItsWay.delete(correlation);
      listener!.onNeverHappened?.(asked);
    }
  }

  function resolveDoubt(): void {
    clearTimeout(doubt);
    doubt = undefined;
  }

  function lose(words: string): void {
    lines++;
    waiting = null;
    head = -1;
    probe = 0;
    const wasLive = isLive;
    isLive = false;
    if (!wasLive) return;
    options.onTrouble?.(words);
    listener!.onAway?.();
    doubt ??= setTimeout(() => {
      doubt = undefined;
      if (onItsWay.size === 0) return;
      onItsWay.clear();
      listener!.onInDoubt?.();
      listener!.onBatchEnd();
    }, doubtMs);
  }

  function end(reason: string, clean = false): void {
    if (ending !== null) return;
    ending = reason;
    isLive = false;
    resolveDoubt();
    line?.close();
    listener?.onStopped(reason, clean);
    if (!clean) options.onEnded?.(reason);
  }

  function refusal(): Refusal {
    if (!isReady || ending !== null) return Refusal.STOPPED;
    if (!isLive) return Refusal.AWAY;
    return staged < STAGE && sent + staged < credit ? Refusal.NONE : Refusal.RING_FULL;
  }

  /** What was committed while the line broke was not sent to anybody. */
  function takeBack(): void {
    for (let i = 0; i < staged; i++) {
      const correlation = commands.f64[i * COMMAND_F64 + CommandF64.correlation]!;
      const asked = onItsWay.get(correlation);
      onItsWay.delete(correlation);
      if (asked !== undefined) listener?.onNeverHappened?.(asked);
    }
    listener?.onBatchEnd();
  }

  return {
    shard,
    commands,
    listen: (to) => {
      listener = to;
      if (ending !== null) return to.onStopped(ending, false);
      line ??= openLine({
        shard,
        addresses: options.addresses,
        silenceMs,
        from: () => ({ sequence: next, journalId: journal }),
        onMessage: hear,
        onLost: lose,
        onHopeless: (words) => end(words),
      });
    },
    refusal,
    room: () => (isLive ? Math.min(STAGE - staged, credit - sent - staged) : 0),
    reserve: () => {
      if (refusal() !== Refusal.NONE) return -1;
      clearCommand(commands, staged);
      return staged;
    },
    commit: () => {
      const at = staged * COMMAND_F64 + CommandF64.correlation;
      const correlation = life + ++count;
      onItsWay.set(correlation, commands.f64[at]!);
      commands.f64[at] = correlation;
      staged++;
    },
    flush: () => {
      if (staged === 0) return;
      if (isLive) {
        line!.send(commands.u8.slice(0, staged * COMMAND_BYTES));
        sent += staged;
      } else takeBack();
      staged = 0;
    },
    stats: () => figures,
    queued: () => ({ commands: onItsWay.size, events: 0 }),
    journalId: () => Buffer.from(journal).toString("hex") || undefined,
    close: () => end("closed", true),
  };
}

/** A question behind all that was sent before: its answer comes after everything those did. */
function questionOf(correlation: number): Uint8Array {
  const question = makeCommands(1);
  question.u8[CommandU8.type] = CommandType.ORDER_STATUS;
  question.i32[CommandI32.account] = PROBE_ACCOUNT;
  question.i32[CommandI32.clientOrderId] = 1;
  question.f64[CommandF64.correlation] = correlation;
  return question.u8;
}

function statsOf(shard: number, figures: ShardFigures): ShardStats {
  return {
    shard,
    tradesTotal: Number(figures.tradesTotal),
    ordersTotal: Number(figures.ordersTotal),
    ordersOpen: Number(figures.ordersOpen),
    sequence: Number(figures.sequence),
  };
}
