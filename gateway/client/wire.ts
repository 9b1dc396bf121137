/**
 * What the exchange says, as types: the data of every channel and the results of every method, in
 * the public words. Prices are decimal texts, quantities whole numbers, times RFC 3339.
 */
export type Side = "buy" | "sell";
export type Tif = "gtc" | "gtd" | "ioc" | "fok";
export type OrderStatus = "open" | "filled" | "cancelled" | "expired" | "rejected" | "unknown";
export type Execution = "none" | "unknown";

/** The error object of sockets and REST alike. */
export interface ErrorBody {
  readonly code: string;
  readonly class: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
  readonly param?: string;
  readonly request_id: string;
  /** `none`: it certainly did not happen. `unknown`: ask by client order id. */
  readonly execution?: Execution;
}

export type Channel =
  | "instrument"
  | "ticker"
  | "book"
  | "book@100ms"
  | "level3"
  | "trades"
  | "candles"
  | "size_grid"
  | "auction"
  | "orders"
  | "executions"
  | "heartbeat"
  | "status";

export interface Push {
  readonly channel: Channel;
  readonly type: "snapshot" | "update";
  /** Symbol, or style code for `size_grid`; absent on `executions`, `status` and `heartbeat`. */
  readonly symbol?: string;
  /** On `executions` only: each shard has a sequence of its own. */
  readonly shard?: number;
  readonly seq: number;
  readonly prev_seq: number;
  readonly ts: string;
  /** The shard stopped: the last that was known, not the present. */
  readonly stale?: boolean;
  readonly data: unknown;
}

export interface InstrumentData {
  readonly instrument_id: number;
  readonly symbol: string;
  readonly product: string;
  readonly brand: string;
  readonly model: string;
  readonly colourway: string;
  readonly size: string;
  readonly currency: string;
  readonly tick: string;
  readonly band: { readonly low: string; readonly high: string } | null;
  readonly qty_max: number;
  readonly state: "unlisted" | "continuous" | "halted" | "closed" | "pre_open";
  readonly retail_price: string;
  readonly release_date: string;
}

export interface TickerData {
  readonly bid: string | null;
  readonly bid_qty: number | null;
  readonly ask: string | null;
  readonly ask_qty: number | null;
  readonly last: string | null;
  readonly last_qty: number | null;
  readonly last_ts: string | null;
  readonly change: string | null;
  readonly volume: number;
  readonly high_52w: string | null;
  readonly low_52w: string | null;
}

/** Price, quantity, orders. */
export type LevelData = readonly [string, number, number];

export interface BookData {
  readonly bids: readonly LevelData[];
  readonly asks: readonly LevelData[];
  /** Of the best ten levels after this push; see `Book.checksum`. */
  readonly crc32?: number;
}

export interface TradeData {
  readonly trade_id: number;
  readonly price: string;
  readonly qty: number;
  readonly taker_side: Side;
  readonly ts: string;
  readonly engine_seq: number;
}

export interface GridRowData {
  readonly symbol: string;
  readonly size: string;
  readonly ask: string | null;
  readonly ask_qty: number | null;
  readonly bid: string | null;
  readonly bid_qty: number | null;
  readonly last: string | null;
  /** Open orders on each side. */
  readonly bids: number;
  readonly asks: number;
}

export interface OrderData {
  readonly order_id: string | null;
  readonly client_order_id: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: "limit" | "market";
  readonly tif: Tif;
  readonly price: string | null;
  readonly qty: number;
  readonly expire_time?: string;
  readonly status: OrderStatus;
  readonly filled_qty: number;
  readonly open_qty: number;
}

export interface ReportData extends OrderData {
  readonly exec_type:
    | "new"
    | "amended"
    | "trade"
    | "canceled"
    | "expired"
    | "rejected"
    | "prevented"
    | "restated";
  readonly last_price?: string;
  readonly last_qty?: number;
  readonly liquidity?: "maker" | "taker";
  readonly trade_id?: number;
  readonly cancelled_qty?: number;
  readonly prevented_qty?: number;
  readonly reason?: string;
  readonly engine_seq: number;
  readonly account_seq: number;
}

/** The account's dead man's switch went off: it is about no order, those it ends have reports. */
export interface TimerData {
  readonly exec_type: "timer_fired";
  readonly order_id: null;
  /** Orders that end, or at least so many. */
  readonly count: number;
  readonly engine_seq: number;
  readonly account_seq: number;
}

type Seqs = Readonly<Record<string, number>>;

/** How far everything is that this socket listens to. */
export interface HeartbeatData {
  /** The symbol's own sequence, which is that of `book` and `level3`. */
  readonly symbols: Seqs;
  /** Of a channel with a sequence of its own, by symbol (`size_grid`: style code), when it is listened to. */
  readonly trades?: Seqs;
  readonly instrument?: Seqs;
  readonly auction?: Seqs;
  readonly ticker?: Seqs;
  readonly size_grid?: Seqs;
  /** By shard, the account's sequence: that of `orders` and `executions`. */
  readonly shards?: Seqs;
}

export interface StatusData {
  readonly state:
    | "starting"
    | "online"
    | "shutting_down"
    | "engine_stopped"
    | "disk_full"
    | "engine_away";
  readonly since: string;
  readonly shards: readonly {
    readonly shard: number;
    readonly state: string;
    readonly reason?: string;
  }[];
}

/** What became of one operation of a batch, in its place. */
export type OperationResult =
  | {
      readonly method: "add_order" | "amend_order";
      readonly success: true;
      readonly result: OrderResult;
    }
  | {
      readonly method: "cancel_order";
      readonly success: true;
      readonly result: CancelResult;
    }
  | {
      readonly method: "add_order" | "amend_order" | "cancel_order";
      readonly success: false;
      readonly error: ErrorBody;
    };

/** The answer to order entry. */
export interface OrderResult {
  readonly order_id: string | null;
  readonly client_order_id: string;
  readonly symbol?: string;
  readonly status: OrderStatus;
  readonly qty: number;
  readonly filled_qty: number;
  readonly open_qty: number;
  readonly engine_seq: number;
  readonly ts?: string;
  readonly duplicate?: true;
  readonly reason?: string;
}

export interface CancelResult {
  readonly order_id: string;
  readonly client_order_id: string;
  readonly cancelled_qty: number;
  readonly filled_qty: number;
  readonly engine_seq: number;
}
