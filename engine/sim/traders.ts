/**
 * The clients of a run: they trade on few instruments at few prices, so that much happens; they do not
 * hear every answer, and send again, with the same id and deadline, what they may already have been
 * answered.
 */
import {
  CommandType,
  InstrumentState,
  OrderType,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from "../core/codes.ts";
import { encodeClientOrderId } from "../core/client-order-id.ts";
import {
  COMMAND_BYTES,
  CommandF64,
  CommandFlag,
  CommandI32,
  CommandU8,
  makeCommands,
} from "../core/command.ts";
import { BEHAVIOUR_NEWEST } from "../core/limits.ts";
import type { Auditor } from "./auditor.ts";
import { Rate, type Tally } from "./faults.ts";
import type { Random } from "./random.ts";

const ACCOUNTS = 6;
const INSTRUMENTS = 3;
/** How many orders back a change, a question or a copy may reach. */
const REMEMBERED = 60;

export interface Traders {
  /** Another command, new or sent again; the record is the caller's to keep. */
  next(): Uint8Array;
  /** What opens a market; harmless when it is open. */
  opening(): Uint8Array[];
  /** An event, told to whom it concerns. */
  hear(event: Buffer): void;
}

export interface TradersOptions {
  readonly random: Random;
  readonly auditor: Auditor;
  readonly tally: Tally;
  /** Before the names of orders: two runs' traders never meet. */
  readonly name?: string;
}

interface Sent {
  readonly id: string;
  readonly account: number;
  readonly record: Uint8Array;
  isAnswered: boolean;
}

export function makeTraders({ random, auditor, tally, name = "o" }: TradersOptions): Traders {
  const one = makeCommands(1);
  const recent: Sent[] = [];
  /** By correlation: places under way, a copy of one under its own. */
  const waiting = new Map<number, Sent>();
  const again: Uint8Array[] = [];
  let correlation = 0;
  let orders = 0;
  let nowUs = 0;

  function record(type: number, fill: () => void): Uint8Array {
    one.u8.fill(0);
    one.u8[CommandU8.type] = type;
    fill();
    one.f64[CommandF64.correlation] = ++correlation;
    return one.u8.slice();
  }

  function place(): Uint8Array {
    const id = `${name}${++orders}`;
    const account = random.between(1, ACCOUNTS);
    const bytes = record(CommandType.PLACE, () => {
      const isMarket = random.chance(0.05);
      const tif = random.pick([1, 1, 1, 1, 2, 3, 4]);
      one.i32[CommandI32.account] = account;
      one.i32[CommandI32.instrument] = random.between(1, INSTRUMENTS);
      one.u8[CommandU8.side] = random.pick([Side.BID, Side.ASK]);
      one.u8[CommandU8.orderType] = isMarket ? OrderType.MARKET : OrderType.LIMIT;
      one.u8[CommandU8.tif] = isMarket ? TimeInForce.IOC : tif;
      one.u8[CommandU8.stp] = random.pick(Object.values(SelfTradePrevention));
      if (!isMarket) one.i32[CommandI32.priceTicks] = random.between(95, 105);
      if (tif === TimeInForce.GTC && random.chance(0.1)) {
        one.u8[CommandU8.flags] = CommandFlag.POST_ONLY;
      }
      one.i32[CommandI32.quantity] = random.between(1, 6);
      encodeClientOrderId(id, one.i32, CommandI32.clientOrderId);
      one.f64[CommandF64.deadlineUs] = nowUs + random.between(1, 60) * 1_000_000;
      if (tif === TimeInForce.GTD && !isMarket) {
        one.f64[CommandF64.expiresAtUs] = nowUs + random.between(1, 20_000) * 1_000;
      }
    });
    const sent = { id, account, record: bytes, isAnswered: false };
    recent.push(sent);
    if (recent.length > REMEMBERED) recent.shift();
    waiting.set(correlation, sent);
    if (random.chance(Rate.MESSAGE_REPEATED)) {
      tally.faults.message_repeated++;
      again.push(copyOf(sent));
    }
    return bytes;
  }

  /** The same place once more: only who asks is another. */
  function copyOf(sent: Sent): Uint8Array {
    const copy = sent.record.slice();
    new DataView(copy.buffer).setFloat64(CommandF64.correlation * 8, ++correlation, true);
    waiting.set(correlation, sent);
    return copy;
  }

  function change(): Uint8Array {
    const target = random.pick(recent);
    const type = random.pick([CommandType.CANCEL, CommandType.AMEND, CommandType.REDUCE]);
    return record(type, () => {
      one.i32[CommandI32.account] = target.account;
      encodeClientOrderId(target.id, one.i32, CommandI32.clientOrderId);
      if (type === CommandType.AMEND && random.chance(0.7)) {
        one.i32[CommandI32.priceTicks] = random.between(95, 105);
      }
      if (type !== CommandType.CANCEL) one.i32[CommandI32.quantity] = random.between(1, 6);
    });
  }

  function rare(): Uint8Array {
    const type = random.pick([
      CommandType.CANCEL_ALL,
      CommandType.ORDER_STATUS,
      CommandType.SET_BAND,
      CommandType.SET_INSTRUMENT_STATE,
      CommandType.ARM_TIMER,
    ]);
    return record(type, () => {
      const instrument = random.between(1, INSTRUMENTS);
      const target = random.pick(recent);
      if (type === CommandType.SET_BAND || type === CommandType.SET_INSTRUMENT_STATE) {
        one.i32[CommandI32.instrument] = instrument;
        if (type === CommandType.SET_BAND) {
          one.i32[CommandI32.bandLowTicks] = random.between(90, 98);
          one.i32[CommandI32.bandHighTicks] = random.between(102, 110);
        } else {
          const isOpen = random.chance(0.8);
          one.i32[CommandI32.state] = isOpen ? InstrumentState.CONTINUOUS : InstrumentState.HALTED;
        }
        return;
      }
      one.i32[CommandI32.account] = target.account;
      if (type === CommandType.ORDER_STATUS) {
        encodeClientOrderId(target.id, one.i32, CommandI32.clientOrderId);
      }
      if (type === CommandType.ARM_TIMER) {
        one.f64[CommandF64.expiresAtUs] = nowUs + random.between(1, 5_000) * 1_000;
      }
    });
  }

  function opening(): Uint8Array[] {
    const records = [
      record(CommandType.SET_BEHAVIOUR, () => {
        one.i32[CommandI32.behaviour] = BEHAVIOUR_NEWEST;
      }),
    ];
    for (let account = 1; account <= ACCOUNTS; account++) {
      const fill = (): void => {
        one.i32[CommandI32.account] = account;
        one.u8[CommandU8.flags] = CommandFlag.ALLOWED;
      };
      records.push(record(CommandType.SET_ACCOUNT, fill));
    }
    for (let instrument = 1; instrument <= INSTRUMENTS; instrument++) {
      const fill = (): void => {
        one.i32[CommandI32.instrument] = instrument;
        one.i32[CommandI32.tickMinor] = 100;
        one.i32[CommandI32.state] = InstrumentState.CONTINUOUS;
      };
      records.push(record(CommandType.LIST_INSTRUMENT, fill));
    }
    return records;
  }

  return {
    opening,
    next: () => {
      const copy = random.chance(0.5) ? again.shift() : undefined;
      if (copy !== undefined) return copy;
      const roll = random.next();
      if (recent.length === 0 || roll < 0.7) return place();
      if (roll < 0.82) {
        const open = recent.filter(({ isAnswered }) => !isAnswered);
        return copyOf(random.pick(open.length > 0 && random.chance(0.8) ? open : recent));
      }
      return roll < 0.95 ? change() : rare();
    },
    hear: (event) => {
      nowUs = Math.max(nowUs, event.readDoubleLE(16));
      const sent = waiting.get(event.readDoubleLE(24));
      if (sent === undefined) return;
      waiting.delete(event.readDoubleLE(24));
      if (random.chance(Rate.MESSAGE_LOST)) {
        tally.faults.message_lost++;
        return;
      }
      sent.isAnswered = true;
      if (auditor.answer(event)) tally.acked++;
    },
  };
}

export const RECORD_BYTES = COMMAND_BYTES;
