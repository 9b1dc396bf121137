/** Commands as tests write them, into whichever records they go. */
import { CommandType, InstrumentState, OrderType, TimeInForce } from "../../core/codes.ts";
import { encodeClientOrderId } from "../../core/client-order-id.ts";
import {
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandFlag,
  CommandI32,
  type Commands,
  CommandU8,
} from "../../core/command.ts";

/** The fields of one record. */
export interface Fields {
  u8(at: number, value: number): void;
  i32(at: number, value: number): void;
  f64(at: number, value: number): void;
  id(text: string): void;
}

export type Fill = (fields: Fields) => void;

export function fieldsAt({ u8, i32, f64 }: Commands, index: number): Fields {
  return {
    u8: (at, value) => void (u8[index * COMMAND_BYTES + at] = value),
    i32: (at, value) => void (i32[index * COMMAND_I32 + at] = value),
    f64: (at, value) => void (f64[index * COMMAND_F64 + at] = value),
    id: (text) => {
      const at = index * COMMAND_I32 + CommandI32.clientOrderId;
      if (!encodeClientOrderId(text, i32, at)) throw new Error(`no client order id: ${text}`);
    },
  };
}

export interface PlaceOrder {
  readonly id: string;
  readonly account?: number;
  readonly side: number;
  readonly priceTicks?: number;
  readonly quantity?: number;
  readonly expiresAtUs?: number | undefined;
  readonly deadlineUs?: number;
}

export const placed =
  (order: PlaceOrder): Fill =>
  (it) => {
    it.u8(CommandU8.type, CommandType.PLACE);
    it.u8(CommandU8.side, order.side);
    it.u8(CommandU8.orderType, OrderType.LIMIT);
    it.u8(CommandU8.tif, order.expiresAtUs === undefined ? TimeInForce.GTC : TimeInForce.GTD);
    it.i32(CommandI32.account, order.account ?? 1);
    it.i32(CommandI32.instrument, 1);
    it.i32(CommandI32.priceTicks, order.priceTicks ?? 100);
    it.i32(CommandI32.quantity, order.quantity ?? 1);
    it.f64(CommandF64.expiresAtUs, order.expiresAtUs ?? 0);
    it.f64(CommandF64.deadlineUs, order.deadlineUs ?? 0);
    it.id(order.id);
  };

const account =
  (number: number): Fill =>
  (it) => {
    it.u8(CommandU8.type, CommandType.SET_ACCOUNT);
    it.u8(CommandU8.flags, CommandFlag.ALLOWED);
    it.i32(CommandI32.account, number);
  };

const instrument: Fill = (it) => {
  it.u8(CommandU8.type, CommandType.LIST_INSTRUMENT);
  it.i32(CommandI32.instrument, 1);
  it.i32(CommandI32.tickMinor, 100);
  it.i32(CommandI32.state, InstrumentState.CONTINUOUS);
};

/** Two accounts that may trade and one instrument. */
export const MARKET: readonly Fill[] = [account(1), account(2), instrument];
