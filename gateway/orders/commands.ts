/**
 * From a request's params to a record in its shard's ring, in two steps: `prepare…` finds out whether
 * and where it can go (a Problem says why not, nothing was written), `write` fills a reserved record.
 * Between the two nothing may change, so both happen in one turn. Used one by one by `entry.ts`,
 * several together by `batches.ts`.
 */
import {
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandFlag,
  CommandI32,
  CommandType,
  CommandU8,
  DEADLINE_DEFAULT_US,
  encodeClientOrderId,
} from "../../engine/client/layouts.ts";
import type { Problem } from "../errors.ts";
import type { Market } from "../market-data/market.ts";
import type { InstrumentView } from "../market-data/view.ts";
import { AmendAnswer, type Asker, CancelAnswer, PlaceAnswer, StatusAnswer } from "./answer.ts";
import {
  decodeAmend,
  decodePlace,
  decodeTarget,
  invalid,
  isProblem,
  type Params,
  type PlaceRequest,
  type Target,
} from "./decode.ts";
import type { Pending } from "./report.ts";
import type { ShardRoute } from "./route.ts";
import { checkPlace, problemOfTicks, readTicks } from "./validate.ts";

const BAD_CLIENT_ORDER_ID = invalid(
  "client_order_id",
  "client_order_id is a UUID, or 1 to 15 characters of A-Za-z0-9._:-",
);

const UNSEEN_ORDER =
  "No open order of this account has that id. To amend one that was sent just before, name its symbol.";

export interface PlaceReady {
  readonly type: typeof CommandType.PLACE;
  readonly route: ShardRoute;
  readonly place: PlaceRequest;
  readonly view: InstrumentView;
  readonly ticks: number;
  readonly nowUs: number;
}

/** A command about one order that was placed before. */
export interface ChangeReady {
  readonly type: ChangeType;
  readonly route: ShardRoute;
  readonly target: Target;
  /** Of an amend; 0: keep. */
  readonly ticks: number;
  readonly quantity: number;
  readonly expiresAtUs: number;
}

export type Ready = PlaceReady | ChangeReady;

type ChangeType =
  | typeof CommandType.CANCEL
  | typeof CommandType.AMEND
  | typeof CommandType.ORDER_STATUS;

export class Commands {
  readonly #routes: readonly ShardRoute[];
  readonly #market: Market;
  readonly #words = new Int32Array(4);

  constructor(routes: readonly ShardRoute[], market: Market) {
    this.#routes = routes;
    this.#market = market;
  }

  preparePlace(params: Params, nowUs: number): PlaceReady | Problem {
    const place = decodePlace(params);
    return isProblem(place) ? place : this.readyPlace(place, nowUs);
  }

  readyPlace(place: PlaceRequest, nowUs: number): PlaceReady | Problem {
    const feed = this.#market.feed(place.symbol);
    if (feed === undefined) return { code: "UNKNOWN_SYMBOL", param: "symbol" };
    const { view } = feed;
    if (!encodeClientOrderId(place.clientOrderId, this.#words, 0)) return BAD_CLIENT_ORDER_ID;
    const problem = checkPlace(place, nowUs);
    if (problem !== undefined) return problem;
    const ticks = place.price === undefined ? 0 : readTicks(view, place.price);
    if (ticks < 0) return problemOfTicks(ticks);
    const route = this.#routes[view.shard]!;
    return { type: CommandType.PLACE, route, place, view, ticks, nowUs };
  }

  prepareCancel(params: Params): ChangeReady | Problem {
    const target = decodeTarget(params);
    return isProblem(target) ? target : this.#readyChange(CommandType.CANCEL, target);
  }

  prepareStatus(params: Params): ChangeReady | Problem {
    const target = decodeTarget({ ...params, order_id: undefined });
    return isProblem(target) ? target : this.#readyChange(CommandType.ORDER_STATUS, target);
  }

  prepareAmend(params: Params, account: number): ChangeReady | Problem {
    const amend = decodeAmend(params);
    if (isProblem(amend)) return amend;
    const ready = this.#readyChange(CommandType.AMEND, amend.target);
    if (isProblem(ready)) return ready;
    let ticks = 0;
    if (amend.price !== undefined) {
      const view = this.#viewOf(amend.target, account, ready.route);
      // Without the instrument there is no tick to read the price by.
      if (view === undefined) return { code: "UNKNOWN_ORDER", message: UNSEEN_ORDER };
      ticks = readTicks(view, amend.price);
      if (ticks < 0) return problemOfTicks(ticks);
    }
    return { ...ready, ticks, quantity: amend.quantity, expiresAtUs: amend.expiresAtUs };
  }

  /** Fills the record at `index` of `ready.route`. */
  write(ready: Ready, index: number, account: number): void {
    ready.route.commands.i32[index * COMMAND_I32 + CommandI32.account] = account;
    if (ready.type === CommandType.PLACE) this.#writePlace(ready, index);
    else this.#writeChange(ready, index);
  }

  /** Who hears what becomes of it. */
  pending(ready: Ready, asker: Asker): Pending {
    const { shard } = ready.route.client;
    switch (ready.type) {
      case CommandType.PLACE:
        return new PlaceAnswer(asker, ready.place.clientOrderId, ready.place.symbol, shard);
      case CommandType.CANCEL:
        return new CancelAnswer(asker, shard);
      case CommandType.AMEND:
        return new AmendAnswer(asker, shard);
      case CommandType.ORDER_STATUS:
        return new StatusAnswer(asker, ready.target.clientOrderId, shard);
    }
  }

  #writePlace({ route, place, view, ticks, nowUs }: PlaceReady, index: number): void {
    const { u8, i32, f64 } = route.commands;
    const u8At = index * COMMAND_BYTES;
    const i32At = index * COMMAND_I32;
    const f64At = index * COMMAND_F64;
    u8[u8At + CommandU8.type] = CommandType.PLACE;
    u8[u8At + CommandU8.side] = place.side;
    u8[u8At + CommandU8.orderType] = place.orderType;
    u8[u8At + CommandU8.tif] = place.tif;
    u8[u8At + CommandU8.stp] = place.stp;
    u8[u8At + CommandU8.flags] = place.postOnly ? CommandFlag.POST_ONLY : 0;
    i32[i32At + CommandI32.instrument] = view.instrument.instrument_id;
    i32[i32At + CommandI32.priceTicks] = ticks;
    i32[i32At + CommandI32.quantity] = place.quantity;
    i32[i32At + CommandI32.tag] = place.tag;
    // Without one of its own, too: what waits in the ring for a disk with room is not executed late.
    f64[f64At + CommandF64.deadlineUs] = place.deadlineUs || nowUs + DEADLINE_DEFAULT_US;
    f64[f64At + CommandF64.expiresAtUs] = place.expiresAtUs;
    this.#writeId(place.clientOrderId, route, index);
  }

  #writeChange(ready: ChangeReady, index: number): void {
    const { route, target } = ready;
    const { u8, i32, f64 } = route.commands;
    u8[index * COMMAND_BYTES + CommandU8.type] = ready.type;
    i32[index * COMMAND_I32 + CommandI32.priceTicks] = ready.ticks;
    i32[index * COMMAND_I32 + CommandI32.quantity] = ready.quantity;
    f64[index * COMMAND_F64 + CommandF64.expiresAtUs] = ready.expiresAtUs;
    f64[index * COMMAND_F64 + CommandF64.orderId] = target.orderId;
    if (target.orderId === 0) this.#writeId(target.clientOrderId, route, index);
  }

  /** Of an id that was found to be one when its request was made ready. */
  #writeId(id: string, route: ShardRoute, index: number): void {
    encodeClientOrderId(id, route.commands.i32, index * COMMAND_I32 + CommandI32.clientOrderId);
  }

  #readyChange(type: ChangeType, target: Target): ChangeReady | Problem {
    const route = this.#routeOf(target);
    if (isProblem(route)) return route;
    const byId = target.orderId !== 0;
    if (!byId && !encodeClientOrderId(target.clientOrderId, this.#words, 0)) {
      return BAD_CLIENT_ORDER_ID;
    }
    return { type, route, target, ticks: 0, quantity: 0, expiresAtUs: 0 };
  }

  /** The shard that holds the order. */
  #routeOf(target: Target): ShardRoute | Problem {
    if (target.symbol !== undefined) {
      const feed = this.#market.feed(target.symbol);
      if (feed !== undefined) return this.#routes[feed.view.shard]!;
      return { code: "UNKNOWN_SYMBOL", param: "symbol" };
    }
    if (target.shard === undefined && this.#routes.length > 1) {
      return invalid("symbol", "Name the symbol too: there are several shards.");
    }
    return this.#routes[target.shard ?? 0] ?? { code: "UNKNOWN_ORDER", param: "order_id" };
  }

  /** The instrument of an open order, for its tick. */
  #viewOf(target: Target, account: number, route: ShardRoute): InstrumentView | undefined {
    if (target.symbol !== undefined) return this.#market.feed(target.symbol)?.view;
    const order =
      target.orderId !== 0
        ? route.orders.get(target.orderId)
        : route.orders.find(account, target.clientOrderId);
    if (order === undefined || order.account !== account) return undefined;
    return this.#market.feedById(order.instrument)?.view;
  }
}
