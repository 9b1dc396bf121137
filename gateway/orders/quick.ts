/**
 * The short way of a binary order: from the frame's bytes straight into the ring's record, for what is
 * frequent and in order (a limit order, an amend, a cancel, with a number as `req_id`). Whatever is
 * unusual or wrong, in any way, is left untouched for the way that every request can go; there its
 * answer is found. So this file refuses nothing, and a test holds that both ways write the same record.
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
  DEADLINE_AHEAD_MAX_US,
  DEADLINE_DEFAULT_US,
  OrderType,
  PRICE_TICKS_MAX,
  QUANTITY_MAX,
  SelfTradePrevention,
  TimeInForce,
} from "../../engine/client/layouts.ts";
import {
  OrderType as TypeWord,
  Side as SideWord,
  Stp,
  Tif,
} from "../../proto/gen/solebook/gateway/v1/words_pb.ts";
import { Refusal } from "../../engine/client/shard-client.ts";
import { codeOfRefusal } from "../errors.ts";
import { ByteReader } from "../frames/byte-reader.ts";
import type { Market } from "../market-data/market.ts";
import type { InstrumentView } from "../market-data/view.ts";
import {
  NO_NUMBER,
  makeQuickAnswer,
  type QuickAsked,
  type QuickAsker,
  type QuickMethod,
  refuseLimited,
} from "./quick-answer.ts";
import type { Standing } from "../session/limits.ts";
import { readClientOrderId, readOrderIdAt, SymbolTable } from "./quick-texts.ts";
import type { ShardRoute } from "./route.ts";

/** Tags of a Request's fields. */
const REQ_NUMBER = 0x08;
const ADD_ORDER = 0x1a;
const AMEND_ORDER = 0x22;
const CANCEL_ORDER = 0x2a;

const TIFS: Readonly<Record<number, number>> = {
  [Tif.UNSPECIFIED]: TimeInForce.GTC,
  [Tif.GTC]: TimeInForce.GTC,
  [Tif.IOC]: TimeInForce.IOC,
  [Tif.FOK]: TimeInForce.FOK,
};
const STPS: Readonly<Record<number, number>> = {
  [Stp.UNSPECIFIED]: SelfTradePrevention.CANCEL_TAKER,
  [Stp.NONE]: SelfTradePrevention.NONE,
  [Stp.CANCEL_TAKER]: SelfTradePrevention.CANCEL_TAKER,
  [Stp.CANCEL_MAKER]: SelfTradePrevention.CANCEL_MAKER,
  [Stp.CANCEL_BOTH]: SelfTradePrevention.CANCEL_BOTH,
  [Stp.DECREMENT]: SelfTradePrevention.DECREMENT,
};
/** Where a text stands that was not sent. */
const ABSENT = -1;

export class QuickOrders {
  readonly #routes: readonly ShardRoute[];
  readonly #symbols: SymbolTable;
  readonly #reader = new ByteReader(new Uint8Array(0));
  readonly #words = new Int32Array(4);
  // The request that is being read.
  #reqId = NO_NUMBER;
  readonly #asked: QuickAsked = { reqId: NO_NUMBER, timeInUs: 0, standing: undefined };
  #idAt = ABSENT;
  #idEnd = 0;
  #orderIdAt = ABSENT;
  #orderIdEnd = 0;
  #symbolAt = ABSENT;
  #symbolEnd = 0;
  #side = 0;
  #type = 0;
  #qty = 0;
  #hasQty = false;
  #priceMinor = 0;
  #hasPrice = false;
  #tif = 0;
  #postOnly = 0;
  #stp = 0;
  /** 0: none. */
  #deadlineUs = 0;

  constructor(routes: readonly ShardRoute[], market: Market) {
    this.#routes = routes;
    this.#symbols = new SymbolTable(market);
  }

  /** Sends the request that stands there, or refuses it; false: it did nothing, somebody else has to look at it. */
  take(asker: QuickAsker, bytes: Uint8Array, at: number, end: number, nowUs: number): boolean {
    const reader = this.#reader;
    reader.reset(bytes, at, end);
    this.#clear();
    let tag = reader.int64();
    if (tag === REQ_NUMBER) {
      this.#reqId = reader.int64();
      tag = reader.int64();
    }
    const isKnown = tag === ADD_ORDER || tag === AMEND_ORDER || tag === CANCEL_ORDER;
    const isNumbered = Number.isNaN(this.#reqId) || Number.isSafeInteger(this.#reqId);
    if (!isKnown || !isNumbered) return false;
    if (reader.limit() !== end || reader.bad) return false; // something stands behind it
    if (tag !== CANCEL_ORDER && this.#isHeldBack(asker, tag, nowUs)) return true;
    if (tag === ADD_ORDER) return this.#readPlace() && this.#place(asker, bytes, nowUs);
    if (tag === AMEND_ORDER) return this.#readAmend() && this.#amend(asker, bytes, nowUs);
    return this.#readCancel() && this.#cancel(asker, bytes, nowUs);
  }

  #clear(): void {
    this.#reqId = NO_NUMBER;
    this.#idAt = ABSENT;
    this.#orderIdAt = ABSENT;
    this.#symbolAt = ABSENT;
    this.#side = 0;
    this.#type = 0;
    this.#qty = 0;
    this.#hasQty = false;
    this.#priceMinor = 0;
    this.#hasPrice = false;
    this.#tif = 0;
    this.#postOnly = 0;
    this.#stp = 0;
    this.#deadlineUs = 0;
  }

  /** False at the first field that is not of the usual. */
  #readPlace(): boolean {
    const reader = this.#reader;
    while (reader.more) {
      switch (reader.int64()) {
        case 0x0a:
          this.#readId();
          break;
        case 0x12:
          this.#readSymbol();
          break;
        case 0x18:
          this.#side = reader.int64();
          break;
        case 0x20:
          this.#type = reader.int64();
          break;
        case 0x28:
          this.#qty = reader.int64();
          break;
        case 0x30:
          this.#priceMinor = reader.int64();
          break;
        case 0x38:
          this.#tif = reader.int64();
          break;
        case 0x48:
          this.#postOnly = reader.int64();
          break;
        case 0x50:
          this.#stp = reader.int64();
          break;
        case 0x58:
          this.#deadlineUs = reader.int64();
          if (this.#deadlineUs <= 0) return false;
          break;
        default:
          return false;
      }
    }
    return !reader.bad;
  }

  #readAmend(): boolean {
    const reader = this.#reader;
    while (reader.more) {
      const tag = reader.int64();
      if (tag === 0x20) {
        this.#qty = reader.int64();
        this.#hasQty = true;
      } else if (tag === 0x28) {
        this.#priceMinor = reader.int64();
        this.#hasPrice = true;
      } else if (!this.#readTarget(tag)) return false;
    }
    return !reader.bad;
  }

  #readCancel(): boolean {
    const reader = this.#reader;
    while (reader.more) if (!this.#readTarget(reader.int64())) return false;
    return !reader.bad;
  }

  #readTarget(tag: number): boolean {
    if (tag === 0x12) this.#readId();
    else if (tag === 0x1a) this.#readSymbol();
    else if (tag === 0x0a) {
      this.#orderIdEnd = this.#reader.limit();
      this.#orderIdAt = this.#reader.at;
      this.#reader.at = this.#orderIdEnd;
    } else return false;
    return true;
  }

  #readId(): void {
    this.#idEnd = this.#reader.limit();
    this.#idAt = this.#reader.at;
    this.#reader.at = this.#idEnd;
  }

  #readSymbol(): void {
    this.#symbolEnd = this.#reader.limit();
    this.#symbolAt = this.#reader.at;
    this.#reader.at = this.#symbolEnd;
  }

  #place(asker: QuickAsker, bytes: Uint8Array, nowUs: number): boolean {
    if (this.#symbolAt < 0 || this.#type !== TypeWord.LIMIT) return false;
    if (this.#side !== SideWord.BUY && this.#side !== SideWord.SELL) return false;
    const named = this.#symbols.find(bytes, this.#symbolAt, this.#symbolEnd);
    const tif = TIFS[this.#tif];
    const stp = STPS[this.#stp];
    if (named === undefined || tif === undefined || stp === undefined) return false;
    if (this.#postOnly !== 0 && tif !== TimeInForce.GTC) return false;
    if (this.#qty < 1 || this.#qty > QUANTITY_MAX) return false;
    if (this.#deadlineUs > nowUs + DEADLINE_AHEAD_MAX_US) return false;
    const ticks = ticksOf(named.view, this.#priceMinor);
    const hasId = this.#idAt >= 0 && readClientOrderId(bytes, this.#idAt, this.#idEnd, this.#words);
    if (ticks === 0 || !hasId) return false;
    const route = this.#routes[named.view.shard]!;
    if (!this.#isAdmitted(asker, "add_order", nowUs)) return true;
    const index = this.#reserve(route, asker, CommandType.PLACE);
    if (index < 0) {
      const code = codeOfRefusal(route.refusal() || Refusal.RING_FULL);
      asker.refuse("add_order", this.#asked, { code }); // here: it was counted already
      return true;
    }
    const { u8, i32, f64 } = route.commands;
    const u8At = index * COMMAND_BYTES;
    u8[u8At + CommandU8.side] = this.#side; // the schema's numbers are the core's
    u8[u8At + CommandU8.orderType] = OrderType.LIMIT;
    u8[u8At + CommandU8.tif] = tif;
    u8[u8At + CommandU8.stp] = stp;
    u8[u8At + CommandU8.flags] = this.#postOnly === 0 ? 0 : CommandFlag.POST_ONLY;
    const i32At = index * COMMAND_I32;
    i32[i32At + CommandI32.instrument] = named.view.instrument.instrument_id;
    i32[i32At + CommandI32.priceTicks] = ticks;
    i32[i32At + CommandI32.quantity] = this.#qty;
    const deadlineUs = this.#deadlineUs > 0 ? this.#deadlineUs : nowUs + DEADLINE_DEFAULT_US;
    f64[index * COMMAND_F64 + CommandF64.deadlineUs] = deadlineUs;
    this.#writeWords(route, index);
    const { shard } = route.client;
    route.commit(index, makeQuickAnswer(asker, CommandType.PLACE, this.#asked, shard, named.bytes));
    return true;
  }

  #amend(asker: QuickAsker, bytes: Uint8Array, nowUs: number): boolean {
    const [hasQty, hasPrice] = [this.#hasQty, this.#hasPrice];
    if (!hasQty && !hasPrice) return false;
    if (hasQty && (this.#qty < 1 || this.#qty > QUANTITY_MAX)) return false;
    // Without a symbol the tick of a new price is looked up elsewhere.
    if (hasPrice && this.#symbolAt < 0) return false;
    const view = this.#viewNamed(bytes);
    const ticks = hasPrice && view !== undefined ? ticksOf(view, this.#priceMinor) : 0;
    if (hasPrice && ticks === 0) return false;
    const index = this.#change(asker, CommandType.AMEND, bytes, view);
    if (index < 0) return false;
    if (!this.#isAdmitted(asker, "amend_order", nowUs)) return true;
    const route = this.#routeTaken!;
    route.commands.i32[index * COMMAND_I32 + CommandI32.priceTicks] = ticks;
    route.commands.i32[index * COMMAND_I32 + CommandI32.quantity] = hasQty ? this.#qty : 0;
    this.#commit(asker, CommandType.AMEND, index);
    return true;
  }

  #cancel(asker: QuickAsker, bytes: Uint8Array, nowUs: number): boolean {
    const view = this.#viewNamed(bytes);
    const index = this.#change(asker, CommandType.CANCEL, bytes, view);
    if (index < 0) return false;
    this.#isAdmitted(asker, "cancel_order", nowUs);
    this.#commit(asker, CommandType.CANCEL, index);
    return true;
  }

  #routeTaken: ShardRoute | undefined;

  #viewNamed(bytes: Uint8Array): InstrumentView | undefined {
    if (this.#symbolAt < 0) return undefined;
    return this.#symbols.find(bytes, this.#symbolAt, this.#symbolEnd)?.view;
  }

  /** A record about one order, reserved and named; -1: it is not as usual. */
  #change(
    asker: QuickAsker,
    type: CommandType,
    bytes: Uint8Array,
    view: InstrumentView | undefined,
  ): number {
    const isByOrderId = this.#orderIdAt >= 0;
    if (isByOrderId === this.#idAt >= 0) return -1;
    if (this.#symbolAt >= 0 && view === undefined) return -1;
    let orderId = 0;
    let shard = view?.shard ?? (this.#routes.length === 1 ? 0 : -1);
    if (isByOrderId) {
      if (!readOrderIdAt(bytes, this.#orderIdAt, this.#orderIdEnd, ORDER_ID)) return -1;
      orderId = ORDER_ID.orderId;
      if (view === undefined) shard = ORDER_ID.shard;
    } else if (!readClientOrderId(bytes, this.#idAt, this.#idEnd, this.#words)) return -1;
    const route = this.#routes[shard];
    if (route === undefined) return -1;
    const index = this.#reserve(route, asker, type);
    if (index < 0) return -1;
    route.commands.f64[index * COMMAND_F64 + CommandF64.orderId] = orderId;
    if (!isByOrderId) this.#writeWords(route, index);
    this.#routeTaken = route;
    return index;
  }

  #reserve(route: ShardRoute, asker: QuickAsker, type: number): number {
    const index = route.reserve();
    if (index < 0) return -1; // why is told by the way that tells everything
    route.commands.u8[index * COMMAND_BYTES + CommandU8.type] = type;
    route.commands.i32[index * COMMAND_I32 + CommandI32.account] = asker.accountId;
    return index;
  }

  #writeWords({ commands: { i32 } }: ShardRoute, index: number): void {
    const at = index * COMMAND_I32 + CommandI32.clientOrderId;
    const words = this.#words;
    for (let word = 0; word < 4; word++) i32[at + word] = words[word]!;
  }

  #commit(asker: QuickAsker, type: number, index: number): void {
    const route = this.#routeTaken!;
    const { shard } = route.client;
    route.commit(index, makeQuickAnswer(asker, type, this.#asked, shard, null));
  }

  /** Before it is read any further: under overload most of what comes goes no further. */
  #isHeldBack(asker: QuickAsker, tag: number, timeInUs: number): boolean {
    const standing = asker.refusal();
    if (standing === undefined) return false;
    this.#note(timeInUs, standing);
    refuseLimited(asker, tag === ADD_ORDER ? "add_order" : "amend_order", this.#asked);
    return true;
  }

  #note(timeInUs: number, standing: Standing | undefined): void {
    this.#asked.reqId = this.#reqId;
    this.#asked.timeInUs = timeInUs;
    this.#asked.standing = standing;
  }

  /**
   * Counted before there is a place for it: who asks for too much must not cost more when the ring is
   * full. A cancel is never held back.
   */
  #isAdmitted(asker: QuickAsker, method: QuickMethod, timeInUs: number): boolean {
    const standing = asker.admit(method);
    this.#note(timeInUs, standing);
    if (standing === undefined || standing.waitMs === 0) return true;
    refuseLimited(asker, method, this.#asked);
    return false;
  }
}

const ORDER_ID = { shard: 0, orderId: 0 };

/** 0: it is no price of that instrument. Divided, for a remainder of what may be beyond 32 bits is a call. */
function ticksOf({ tickMinor }: InstrumentView, priceMinor: number): number {
  if (priceMinor <= 0 || priceMinor > Number.MAX_SAFE_INTEGER) return 0;
  const ticks = Math.floor(priceMinor / tickMinor);
  return ticks > PRICE_TICKS_MAX || ticks * tickMinor !== priceMinor ? 0 : ticks;
}
