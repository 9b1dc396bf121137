/**
 * Pushes of long ago, for who resumes from before the recent records: made from stored events by the
 * same tellers. What is asked while a read runs waits for the next one and shares it. Nothing here is
 * trusted to be whole: a sequence that is missing makes it too old.
 */
import type { Logger } from "pino";
import {
  EventF64,
  EventI32,
  type Events,
  EventType,
  EventU8,
} from "../../engine/client/layouts.ts";
import type { StoredEvents } from "../../engine/client/stored-events.ts";
import { OpenOrders } from "../orders/open-orders.ts";
import { MadeMissed, type Missed, type Teller } from "./missed.ts";
import { f64Of, i32Of, marketSeqOf, type Recent, u8Of } from "./recent.ts";

/** What one channel of one reader asks for. */
export interface Ask {
  /** Of an instrument or an account. */
  readonly kind: "public" | "account";
  readonly id: number;
  readonly fromSeq: number;
  /** The last one that is wanted. */
  readonly toSeq: number;
  readonly teller: Teller;
}

/** What one shard said: the newest in memory, and all of it, where that can be had. */
export interface Said {
  readonly recent: Recent;
  readonly past: Past | undefined;
}

interface Waiting extends Ask {
  nextSeq: number;
  command: number;
  resolve(missed: Missed | null): void;
}

/** Texts made in one read, for all who wait for it. */
const TEXT_CHARS_MAX = 64 * 1024 * 1024;

export class Past {
  readonly #stored: StoredEvents;
  readonly #logger: Logger;
  #waiting: Waiting[] = [];
  #isReading = false;

  constructor(stored: StoredEvents, logger: Logger) {
    this.#stored = stored;
    this.#logger = logger;
  }

  /** Null: it is not at hand any more, or more than is told at once. */
  ask(ask: Ask): Promise<Missed | null> {
    return new Promise((resolve) => {
      this.#waiting.push({ ...ask, nextSeq: ask.fromSeq + 1, command: 0, resolve });
      if (!this.#isReading) void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    this.#isReading = true;
    while (this.#waiting.length > 0) {
      const readers = this.#waiting;
      this.#waiting = [];
      const isRead = await this.#read(readers);
      for (const reader of readers) {
        const { teller, nextSeq, toSeq } = reader;
        teller.endCommand();
        teller.end();
        const isWhole = isRead && nextSeq > toSeq;
        reader.resolve(isWhole ? new MadeMissed(teller.texts, teller.seq) : null);
      }
    }
    this.#isReading = false;
  }

  async #read(readers: readonly Waiting[]): Promise<boolean> {
    const instruments = new Map<number, number>();
    const byInstrument = Map.groupBy(
      readers.filter(({ kind }) => kind === "public"),
      idOf,
    );
    const byAccount = Map.groupBy(
      readers.filter(({ kind }) => kind === "account"),
      idOf,
    );
    for (const [id, of] of byInstrument) {
      instruments.set(id, Math.min(...of.map(({ fromSeq }) => fromSeq)));
    }
    const orders = new OpenOrders();
    const wanted = { instruments, accounts: new Set(byAccount.keys()) };
    let isTooMuch = false;
    const onEvents = (events: Events): void => {
      if (isTooMuch) return;
      for (let index = 0; index < events.count; index++) {
        const instrument = byInstrument.get(i32Of(events, index, EventI32.instrument));
        const marketSeq = marketSeqOf(events, index);
        if (marketSeq > 0) instrument?.forEach((one) => tell(one, marketSeq, events, index, false));
        if (byAccount.size > 0) tellParties(byAccount, orders, events, index);
      }
      isTooMuch = charsOf(readers) > TEXT_CHARS_MAX;
    };
    try {
      await this.#stored.read(wanted, onEvents);
    } catch (error) {
      this.#logger.warn({ err: error, readers: readers.length }, "stored events could not be told");
      return false;
    }
    return !isTooMuch;
  }
}

const idOf = ({ id }: Waiting): number => id;

const charsOf = (readers: readonly Waiting[]): number =>
  readers.reduce(
    (sum, { teller: { texts } }) => sum + texts.length * (texts[texts.length - 1]?.length ?? 0),
    0,
  );

function tellParties(
  byAccount: ReadonlyMap<number, Waiting[]>,
  orders: OpenOrders,
  events: Events,
  index: number,
): void {
  orders.onEvent(events, index);
  const type = u8Of(events, index, EventU8.type);
  const isOfTwo = type === EventType.TRADE || type === EventType.PREVENTED;
  const seq = f64Of(events, index, EventF64.accountSeq);
  const takerSeq = isOfTwo ? f64Of(events, index, EventF64.takerAccountSeq) : 0;
  const owner = byAccount.get(i32Of(events, index, EventI32.account));
  const taker = isOfTwo ? byAccount.get(i32Of(events, index, EventI32.takerAccount)) : undefined;
  const asOwner = (): void => {
    const order = orders.get(f64Of(events, index, EventF64.orderId));
    if (seq > 0) owner?.forEach((one) => tell(one, seq, events, index, false, order));
  };
  const asTaker = (): void => {
    const order = orders.get(f64Of(events, index, EventF64.takerOrderId));
    if (takerSeq > 0) taker?.forEach((one) => tell(one, takerSeq, events, index, true, order));
  };
  // Of one account's two orders each has its own number: in that order.
  if (owner === taker && takerSeq < seq) {
    asTaker();
    asOwner();
  } else {
    asOwner();
    asTaker();
  }
  orders.forget(events, index);
}

/** Adds the event to what is told, if it is the next one. */
function tell(
  one: Waiting,
  seq: number,
  events: Events,
  index: number,
  isTaker: boolean,
  order?: ReturnType<OpenOrders["get"]>,
): void {
  if (seq !== one.nextSeq || seq > one.toSeq) return;
  one.nextSeq++;
  const command = f64Of(events, index, EventF64.sequence);
  if (command !== one.command) one.teller.endCommand();
  one.command = command;
  one.teller.add(events, index, isTaker, order);
}
