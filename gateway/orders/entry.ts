/**
 * Order entry: a decoded and validated request becomes a command in its shard's records, and the
 * outcome becomes the answer. The asker is whoever can be answered: a socket or a REST request.
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
import { Refusal } from "../../engine/client/shard-client.ts";
import { codeOfRefusal } from "../errors.ts";
import type { Market } from "../market-data/market.ts";
import type { InstrumentView } from "../market-data/view.ts";
import { writeTime } from "../written-forms.ts";
import {
  AmendAnswer,
  type Asker,
  CancelAllAnswer,
  CancelAnswer,
  PlaceAnswer,
  StatusAnswer,
} from "./answer.ts";
import {
  type CancelAllRequest,
  decodeAmend,
  decodeCancelAll,
  decodePlace,
  decodeTarget,
  invalid,
  isProblem,
  type Params,
  type Target,
} from "./decode.ts";
import type { ShardRoute } from "./route.ts";
import { checkDry, checkPlace, problemOfTicks, readTicks } from "./validate.ts";

const BAD_CLIENT_ORDER_ID = invalid(
  "client_order_id",
  "client_order_id is a UUID, or 1 to 15 characters of A-Za-z0-9._:-",
);

const UNSEEN_ORDER =
  "No open order of this account has that id. To amend one that was sent just before, name its symbol.";

export class OrderEntry {
  readonly #routes: readonly ShardRoute[];
  readonly #market: Market;
  readonly #words = new Int32Array(4);

  constructor(routes: readonly ShardRoute[], market: Market) {
    this.#routes = routes;
    this.#market = market;
  }

  place(asker: Asker, account: number, params: Params, nowUs: number): void {
    const place = decodePlace(params);
    if (isProblem(place)) return asker.refuse(place);
    const feed = this.#market.feed(place.symbol);
    if (feed === undefined) return asker.refuse({ code: "UNKNOWN_SYMBOL", param: "symbol" });
    const { view } = feed;
    if (!encodeClientOrderId(place.clientOrderId, this.#words, 0)) {
      return asker.refuse(BAD_CLIENT_ORDER_ID);
    }
    let problem = checkPlace(place, nowUs);
    if (problem !== undefined) return asker.refuse(problem);
    const ticks = place.price === undefined ? 0 : readTicks(view, place.price);
    if (ticks < 0) return asker.refuse(problemOfTicks(ticks));
    if (place.validate) {
      problem = checkDry(place, view, ticks, nowUs);
      if (problem !== undefined) return asker.refuse(problem);
      return asker.answer(dryRun(place.clientOrderId, place.symbol, nowUs));
    }
    const route = this.#routes[view.shard]!;
    const index = this.#reserve(asker, route);
    if (index < 0) return;
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
    i32[i32At + CommandI32.account] = account;
    i32[i32At + CommandI32.instrument] = view.instrument.instrument_id;
    i32[i32At + CommandI32.priceTicks] = ticks;
    i32[i32At + CommandI32.quantity] = place.quantity;
    // Without one of its own, too: what waits in the ring for a disk with room is not executed late.
    f64[f64At + CommandF64.deadlineUs] = place.deadlineUs || nowUs + DEADLINE_DEFAULT_US;
    f64[f64At + CommandF64.expiresAtUs] = place.expiresAtUs;
    this.#copyWords(route, index);
    route.commit(index, new PlaceAnswer(asker, place.clientOrderId, place.symbol, view.shard));
  }

  cancel(asker: Asker, account: number, params: Params): void {
    const target = decodeTarget(params);
    if (isProblem(target)) return asker.refuse(target);
    const route = this.#routeOf(asker, target);
    if (route === undefined) return;
    const index = this.#begin(asker, route, CommandType.CANCEL, account, target);
    if (index >= 0) route.commit(index, new CancelAnswer(asker, route.client.shard));
  }

  amend(asker: Asker, account: number, params: Params): void {
    const amend = decodeAmend(params);
    if (isProblem(amend)) return asker.refuse(amend);
    const { target } = amend;
    const route = this.#routeOf(asker, target);
    if (route === undefined) return;
    let ticks = 0;
    if (amend.price !== undefined) {
      const view = this.#viewOf(target, account, route);
      if (view === undefined) {
        // Without the instrument there is no tick to read the price by.
        return asker.refuse({ code: "UNKNOWN_ORDER", message: UNSEEN_ORDER });
      }
      ticks = readTicks(view, amend.price);
      if (ticks < 0) return asker.refuse(problemOfTicks(ticks));
    }
    const index = this.#begin(asker, route, CommandType.AMEND, account, target);
    if (index < 0) return;
    const { i32, f64 } = route.commands;
    i32[index * COMMAND_I32 + CommandI32.priceTicks] = ticks;
    i32[index * COMMAND_I32 + CommandI32.quantity] = amend.quantity;
    f64[index * COMMAND_F64 + CommandF64.expiresAtUs] = amend.expiresAtUs;
    route.commit(index, new AmendAnswer(asker, route.client.shard));
  }

  cancelAll(asker: Asker, account: number, params: Params): void {
    const request = decodeCancelAll(params);
    if (isProblem(request)) return asker.refuse(request);
    const feed = request.symbol === undefined ? undefined : this.#market.feed(request.symbol);
    if (request.symbol !== undefined && feed === undefined) {
      return asker.refuse({ code: "UNKNOWN_SYMBOL", param: "symbol" });
    }
    const routes = feed === undefined ? this.#routes : [this.#routes[feed.view.shard]!];
    for (const route of routes) {
      const refusal = route.refusal();
      if (refusal !== Refusal.NONE) return asker.refuse({ code: codeOfRefusal(refusal) });
    }
    const instrument = feed?.view.instrument.instrument_id ?? 0;
    const pending = new CancelAllAnswer(asker, routes.length);
    for (const route of routes) this.#cancelAllOn(route, account, instrument, request, pending);
  }

  status(asker: Asker, account: number, params: Params): void {
    const target = decodeTarget({ ...params, order_id: undefined });
    if (isProblem(target)) return asker.refuse(target);
    const route = this.#routeOf(asker, target);
    if (route === undefined) return;
    const index = this.#begin(asker, route, CommandType.ORDER_STATUS, account, target);
    if (index < 0) return;
    route.commit(index, new StatusAnswer(asker, target.clientOrderId, route.client.shard));
  }

  #cancelAllOn(
    route: ShardRoute,
    account: number,
    instrument: number,
    request: CancelAllRequest,
    pending: CancelAllAnswer,
  ): void {
    const index = route.reserve();
    if (index < 0) {
      const code = codeOfRefusal(route.refusal());
      return pending.abandon({ code, execution: "unknown" });
    }
    const { u8, i32 } = route.commands;
    u8[index * COMMAND_BYTES + CommandU8.type] = CommandType.CANCEL_ALL;
    u8[index * COMMAND_BYTES + CommandU8.side] = request.side;
    i32[index * COMMAND_I32 + CommandI32.account] = account;
    i32[index * COMMAND_I32 + CommandI32.instrument] = instrument;
    route.commit(index, pending);
  }

  /** Reserves a record for a command about one order and names the order in it; -1: refused. */
  #begin(
    asker: Asker,
    route: ShardRoute,
    type: CommandType,
    account: number,
    target: Target,
  ): number {
    const byId = target.orderId !== 0;
    if (!byId && !encodeClientOrderId(target.clientOrderId, this.#words, 0)) {
      asker.refuse(BAD_CLIENT_ORDER_ID);
      return -1;
    }
    const index = this.#reserve(asker, route);
    if (index < 0) return -1;
    const { u8, i32, f64 } = route.commands;
    u8[index * COMMAND_BYTES + CommandU8.type] = type;
    i32[index * COMMAND_I32 + CommandI32.account] = account;
    f64[index * COMMAND_F64 + CommandF64.orderId] = target.orderId;
    if (!byId) this.#copyWords(route, index);
    return index;
  }

  #reserve(asker: Asker, route: ShardRoute): number {
    const index = route.reserve();
    if (index < 0) asker.refuse({ code: codeOfRefusal(route.refusal() || Refusal.RING_FULL) });
    return index;
  }

  #copyWords(route: ShardRoute, index: number): void {
    const at = index * COMMAND_I32 + CommandI32.clientOrderId;
    for (let word = 0; word < 4; word++) route.commands.i32[at + word] = this.#words[word]!;
  }

  /** The shard that holds the order; undefined: refused. */
  #routeOf(asker: Asker, target: Target): ShardRoute | undefined {
    if (target.symbol !== undefined) {
      const feed = this.#market.feed(target.symbol);
      if (feed !== undefined) return this.#routes[feed.view.shard];
      asker.refuse({ code: "UNKNOWN_SYMBOL", param: "symbol" });
      return undefined;
    }
    if (target.shard === undefined && this.#routes.length > 1) {
      asker.refuse(invalid("symbol", "Name the symbol too: there are several shards."));
      return undefined;
    }
    const route = this.#routes[target.shard ?? 0];
    if (route === undefined) asker.refuse({ code: "UNKNOWN_ORDER", param: "order_id" });
    return route;
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

function dryRun(clientOrderId: string, symbol: string, nowUs: number): string {
  return (
    `{"validated":true,"client_order_id":"${clientOrderId}","symbol":"${symbol}"` +
    `,"ts":"${writeTime(nowUs)}"}`
  );
}
