/**
 * A broker and the network to it: one list of records that only grows, reached by messages that are
 * late, lost, repeated or cut off. What it has appended it may not get to say, and a copy of a request
 * may arrive when its sender has long given up.
 */
import type { Fetched, Link, OpenLink } from "../shell/journal/kafka/link.ts";
import { type FaultCounts, Rate } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Process, Scheduler } from "./scheduler.ts";

export interface Broker {
  /** How processes reach it. */
  readonly connect: OpenLink;
  readonly records: readonly Buffer[];
  /** No message to or from it arrives for so long. */
  cutOff(process: Process, us: number): void;
  /** From now on nothing is lost, late or refused any more. */
  heal(): void;
}

export interface BrokerOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: FaultCounts;
  /** The share of messages that get lost. */
  readonly lost: number;
}

/** A request as it is under way: settled once, by the first answer that arrives. */
interface Asked<T> {
  readonly process: Process | null;
  settle(answer: () => T): void;
}

const RECORDS_PER_FETCH_MAX = 16;

export function makeBroker({ scheduler, random, faults, lost }: BrokerOptions): Broker {
  const records: Buffer[] = [];
  const cutOffUntilUs = new Map<Process, number>();
  let waiting: (() => void)[] = [];
  let isHealed = false;

  function delayUs(): number {
    if (!isHealed && random.chance(0.02)) return random.between(10_000, 400_000);
    return random.between(100, 3_000);
  }

  function isLost(process: Process | null): boolean {
    if (process !== null && (cutOffUntilUs.get(process) ?? 0) > scheduler.nowUs()) return true;
    if (isHealed || !random.chance(lost)) return false;
    faults.message_lost++;
    return true;
  }

  /** Sends a request; `serve` runs at the broker when it arrives, which may be never, or twice. */
  function send<T>(asked: Asked<T>, serve: (answer: (give: () => T) => void) => void): void {
    const { process } = asked;
    const answer = (give: () => T): void => {
      if (isLost(process)) return;
      scheduler.after(delayUs(), process, () => asked.settle(give));
    };
    if (!isHealed && random.chance(Rate.MESSAGE_REPEATED)) {
      faults.message_repeated++;
      scheduler.after(random.between(1_000, 5_000_000), null, () => serve(answer));
    }
    if (isLost(process)) return;
    scheduler.after(delayUs(), null, () => serve(answer));
  }

  function append(value: Buffer): number {
    records.push(value);
    const woken = waiting;
    waiting = [];
    for (const look of woken) look();
    return records.length - 1;
  }

  function serveProduce(value: Buffer, answer: (give: () => number) => void): void {
    if (!isHealed && random.chance(0.03)) {
      // A leader may be deposed while it waits for the copies of what it has appended already.
      if (random.chance(0.5)) append(value);
      return answer(() => refuse("NOT_LEADER_FOR_PARTITION"));
    }
    const offset = append(value);
    const isSlow = !isHealed && random.chance(0.03);
    answer(() => (isSlow ? refuse("REQUEST_TIMED_OUT") : offset));
  }

  function serveFetch(offset: number, waitMs: number, answer: (give: () => Fetched) => void): void {
    let isAnswered = false;
    const look = (isOver: boolean): void => {
      if (isAnswered || (offset >= records.length && !isOver)) return;
      isAnswered = true;
      // A leader that has just been elected may not know yet how far everybody is.
      const stale = !isHealed && random.chance(0.1) ? random.below(3) : 0;
      const end = Math.max(records.length - stale, Math.min(offset, records.length));
      const to = Math.min(end, offset + random.between(1, RECORDS_PER_FETCH_MAX));
      const found: { offset: number; value: Buffer }[] = [];
      for (let at = offset; at < to; at++) found.push({ offset: at, value: records[at]! });
      answer(() => ({ records: found, end }));
    };
    look(false);
    if (isAnswered) return;
    waiting.push(() => look(false));
    scheduler.after(waitMs * 1_000, null, () => look(true));
  }

  function makeLink(process: Process | null): Link {
    const underWay = new Set<(error: Error) => void>();
    let isClosed = false;

    function ask<T>(serve: (answer: (give: () => T) => void) => void): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (isClosed) return reject(new Error("this link is closed"));
        underWay.add(reject);
        const settle = (give: () => T): void => {
          if (isClosed || !underWay.delete(reject)) return;
          try {
            resolve(give());
          } catch (error) {
            reject(error as Error);
          }
        };
        send({ process, settle }, serve);
      });
    }

    return {
      produce: (value) => {
        const copy = Buffer.from(value);
        return ask((answer) => serveProduce(copy, answer));
      },
      fetch: (offset, waitMs) => ask((answer) => serveFetch(offset, waitMs, answer)),
      bounds: () => ask((answer) => answer(() => ({ first: 0, end: records.length }))),
      close: () => {
        isClosed = true;
        for (const reject of underWay) reject(new Error("the link was thrown away"));
        underWay.clear();
      },
    };
  }

  const connect: OpenLink = (_address, _topic, _turn, timeoutMs) =>
    new Promise<Link>((resolve, reject) => {
      const process = scheduler.current();
      let isLate = true;
      scheduler.after(timeoutMs * 1_000, process, () => {
        if (isLate) reject(new Error("finding the leader took too long"));
      });
      const settle = (give: () => Link): void => {
        isLate = false;
        resolve(give());
      };
      send({ process, settle }, (answer) => answer(() => makeLink(process)));
    });

  return {
    connect,
    records,
    cutOff: (process, us) => void cutOffUntilUs.set(process, scheduler.nowUs() + us),
    heal: () => {
      isHealed = true;
      cutOffUntilUs.clear();
    },
  };
}

function refuse(type: string): never {
  throw Object.assign(new Error(type), { type });
}
