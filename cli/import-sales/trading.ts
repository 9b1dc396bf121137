/**
 * The rows on their way: an ask, after its acknowledgement a bid, after that the instrument's next row.
 *
 * An instrument has one row in flight, so its index is all a request id needs to say, and a line of
 * JSON is made from parts that were made once. The same row makes the same two messages however often
 * the run is sent: same ids, same deadline.
 */
import { isAboutAll, problemWords } from "../exchange.ts";
import type { Answer, Connection } from "./connection.ts";
import type { Ledger } from "./ledger.ts";
import { priceText } from "./products.ts";
import type { RunId } from "./run-id.ts";
import type { Sales } from "./sales.ts";
import { makeSchedule } from "./schedule.ts";

const RETRIES_MAX = 200;
const RETRY_MS = 25;

export interface Trading {
  /** Answers to what the seller, or the buyer, sent by number. */
  onAskAnswer(answer: Answer): void;
  onBidAnswer(answer: Answer): void;
  /** Resolves when every row is acknowledged, refused or given up. */
  start(seller: Connection, buyer: Connection): Promise<void>;
  rowsDone(): number;
}

export interface TradingOptions {
  readonly sales: Sales;
  readonly symbols: readonly string[];
  readonly runId: RunId;
  readonly inFlightMax: number;
  readonly ledger: Ledger;
  /** The run cannot go on; what is in flight stays unanswered. */
  readonly onStuck: (why: string) => void;
}

export function makeTrading(options: TradingOptions): Trading {
  const { sales, ledger, onStuck } = options;
  const { instruments } = sales;
  const write = makeWriter(options);
  const schedule = makeSchedule(
    instruments.map(({ rows }) => rows.length),
    options.inFlightMax,
  );
  const nextRow = new Int32Array(instruments.length);
  const retries = new Int32Array(instruments.length);
  let seller: Connection;
  let buyer: Connection;
  let rowsDone = 0;
  let onDone = (): void => {};

  const rowOf = (instrument: number): number =>
    instruments[instrument]!.rows[nextRow[instrument]!]!;

  function sendMore(): void {
    for (let at = schedule.next(); at !== -1; at = schedule.next()) {
      seller.send(write.ask(at, rowOf(at)));
    }
    if (schedule.inFlight() === 0) onDone();
  }

  function rowDone(instrument: number): void {
    rowsDone++;
    nextRow[instrument]!++;
    retries[instrument] = 0;
    schedule.done(instrument);
    sendMore();
  }

  function rowLost(instrument: number, why: string): void {
    ledger.lost(rowOf(instrument), why);
    rowDone(instrument);
  }

  /** A refusal: not now (again), not at all (stuck), or not this row (lost). */
  function refused(instrument: number, answer: Answer, again: () => void): void {
    const problem = answer.error!;
    const { code, retryable, retry_after_ms, execution } = problem;
    // What is wrong with the whole system (a full disk) takes people, not moments.
    const isBrief = retryable && problem.class !== "SYSTEM";
    if (isBrief && retries[instrument]!++ < RETRIES_MAX) {
      setTimeout(again, retry_after_ms ?? RETRY_MS);
    } else if (retryable || execution === "unknown" || isAboutAll(problem)) {
      onStuck(`the exchange answered ${code}: ${problemWords(problem)}`);
    } else {
      rowLost(instrument, `${code}: ${problemWords(problem)}`);
    }
  }

  function onAskAnswer(answer: Answer): void {
    const instrument = answer.req_id as number;
    const row = rowOf(instrument);
    if (!answer.success) {
      return refused(instrument, answer, () => seller.send(write.ask(instrument, row)));
    }
    const { status } = answer.result!;
    if (status === "cancelled") return rowLost(instrument, "its ask was cancelled by somebody");
    buyer.send(write.bid(instrument, row));
  }

  function onBidAnswer(answer: Answer): void {
    const isStatus = (answer.req_id as number) >= instruments.length;
    const instrument = (answer.req_id as number) % instruments.length;
    const row = rowOf(instrument);
    if (!answer.success) {
      const text = isStatus ? write.status(instrument, row) : write.bid(instrument, row);
      return refused(instrument, answer, () => buyer.send(text));
    }
    const { status, duplicate, engine_seq: sequence } = answer.result!;
    if (duplicate === true) return buyer.send(write.status(instrument, row));
    if (status !== "filled") return rowLost(instrument, `its bid is ${status as string}`);
    if (isStatus) ledger.settled(row);
    else ledger.filled(instrument, row, sequence as number);
    rowDone(instrument);
  }

  return {
    onAskAnswer,
    onBidAnswer,
    start(sellerConnection, buyerConnection) {
      seller = sellerConnection;
      buyer = buyerConnection;
      return new Promise((resolve) => {
        onDone = resolve;
        sendMore();
      });
    },
    rowsDone: () => rowsDone,
  };
}

export function clientOrderId(runId: RunId, line: number): string {
  return `${runId.text}-${line}`;
}

/** Nothing in these texts needs an escape: symbols, ids and prices are of plain characters. */
function makeWriter({ sales, symbols, runId }: TradingOptions): {
  ask(instrument: number, row: number): string;
  bid(instrument: number, row: number): string;
  status(instrument: number, row: number): string;
} {
  const head = (side: string): readonly string[] =>
    symbols.map(
      (symbol, instrument) =>
        `{"method":"add_order","req_id":${instrument},"params":{"symbol":"${symbol}",` +
        `"side":"${side}","type":"limit","qty":1,"deadline":"${runId.deadline}","price":"`,
    );
  const asks = head("sell");
  const bids = head("buy");
  const tail = (row: number): string =>
    `${priceText(sales.priceTicks[row]!)}","client_order_id":"${clientOrderId(runId, sales.lines[row]!)}"}}`;
  return {
    ask: (instrument, row) => asks[instrument]! + tail(row),
    bid: (instrument, row) => bids[instrument]! + tail(row),
    status: (instrument, row) =>
      `{"method":"order_status","req_id":${symbols.length + instrument},` +
      `"params":{"client_order_id":"${clientOrderId(runId, sales.lines[row]!)}"}}`,
  };
}
