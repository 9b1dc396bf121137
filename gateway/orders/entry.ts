/**
 * Order entry: a decoded and validated request becomes a command in its shard's records, and the
 * outcome becomes the answer. The asker is whoever can be answered: a socket or a REST request.
 */
import {
  COMMAND_BYTES,
  COMMAND_I32,
  CommandI32,
  CommandType,
  CommandU8,
} from "../../engine/client/layouts.ts";
import { Refusal } from "../../engine/client/shard-client.ts";
import { codeOfRefusal, type Problem } from "../errors.ts";
import type { Market } from "../market-data/market.ts";
import { writeTime } from "../written-forms.ts";
import { AllShardsAnswer, type Asker } from "./answer.ts";
import { Batches } from "./batches.ts";
import { Commands, type PlaceReady, type Ready } from "./commands.ts";
import { type CancelAllRequest, decodeCancelAll, isProblem, type Params } from "./decode.ts";
import type { ShardRoute } from "./route.ts";
import { checkDry } from "./validate.ts";

export class OrderEntry {
  readonly #routes: readonly ShardRoute[];
  readonly #market: Market;
  readonly #commands: Commands;
  readonly #batches: Batches;

  constructor(routes: readonly ShardRoute[], market: Market, nextRequestId: () => string) {
    this.#routes = routes;
    this.#market = market;
    this.#commands = new Commands(routes, market);
    this.#batches = new Batches(this.#commands, nextRequestId);
  }

  place(asker: Asker, account: number, params: Params, nowUs: number): void {
    if (params.group !== undefined) {
      return this.#batches.placeGroup(asker, account, params, nowUs);
    }
    const ready = this.#commands.preparePlace(params, nowUs);
    if (isProblem(ready)) return asker.refuse(ready);
    if (ready.place.validate) return tryOut(asker, ready);
    this.#send(asker, account, ready);
  }

  cancel(asker: Asker, account: number, params: Params): void {
    this.#sendOrRefuse(asker, account, this.#commands.prepareCancel(params));
  }

  amend(asker: Asker, account: number, params: Params): void {
    this.#sendOrRefuse(asker, account, this.#commands.prepareAmend(params, account));
  }

  status(asker: Asker, account: number, params: Params): void {
    this.#sendOrRefuse(asker, account, this.#commands.prepareStatus(params));
  }

  batch(asker: Asker, account: number, params: Params, nowUs: number): void {
    this.#batches.batch(asker, account, params, nowUs);
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
    const words = (count: number, sequence: number): string =>
      `{"count":${count},"engine_seq":${sequence}}`;
    const pending = new AllShardsAnswer(asker, routes.length, words);
    for (const route of routes) cancelAllOn(route, account, instrument, request, pending);
  }

  #sendOrRefuse(asker: Asker, account: number, ready: Ready | Problem): void {
    if (isProblem(ready)) asker.refuse(ready);
    else this.#send(asker, account, ready);
  }

  #send(asker: Asker, account: number, ready: Ready): void {
    const { route } = ready;
    const index = route.reserve();
    if (index < 0) {
      return asker.refuse({ code: codeOfRefusal(route.refusal() || Refusal.RING_FULL) });
    }
    this.#commands.write(ready, index, account);
    route.commit(index, this.#commands.pending(ready, asker));
  }
}

function cancelAllOn(
  route: ShardRoute,
  account: number,
  instrument: number,
  request: CancelAllRequest,
  pending: AllShardsAnswer,
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
  i32[index * COMMAND_I32 + CommandI32.tag] = request.tag;
  route.commit(index, pending);
}

/** A dry run: what would be refused as things stand, as far as can be seen from here. */
function tryOut(asker: Asker, { place, view, ticks, nowUs }: PlaceReady): void {
  const problem = checkDry(place, view, ticks, nowUs);
  if (problem !== undefined) return asker.refuse(problem);
  asker.answer(
    `{"validated":true,"client_order_id":"${place.clientOrderId}","symbol":"${place.symbol}"` +
      `,"ts":"${writeTime(nowUs)}"}`,
  );
}
