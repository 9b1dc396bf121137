/**
 * How numbers are written at the public border and read from it: prices as decimal strings, times as
 * RFC 3339 with microseconds, order ids as `shard-number`. Whole numbers inside, no floats for money.
 */

export const MICROS_PER_SECOND = 1_000_000;
/** Two decimals: every currency served so far. */
const MINOR_PER_UNIT = 100;
/** Eleven digits of whole units and two of minor ones stay exact in a double. */
const UNIT_DIGITS_MAX = 11;

/** Minor units written as a decimal string: 24100 is `241.00`. */
export function writeMinor(minor: number): string {
  const units = Math.floor(minor / MINOR_PER_UNIT);
  const rest = minor - units * MINOR_PER_UNIT;
  return rest < 10 ? `${units}.0${rest}` : `${units}.${rest}`;
}

/** What `readMinor` answers when the text is not a decimal, or finer than the currency's minor unit. */
export const NOT_A_DECIMAL = -1;
export const TOO_FINE = -2;

/** A plain decimal (`241`, `241.5`, `241.00`) in minor units, or NOT_A_DECIMAL, or TOO_FINE. */
export function readMinor(text: string): number {
  let units = 0;
  let minor = 0;
  let digits = 0;
  let decimals = -1;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit === -2 && decimals < 0 && digits > 0) {
      decimals = 0;
    } else if (digit < 0 || digit > 9) {
      return NOT_A_DECIMAL;
    } else if (decimals < 0) {
      if (++digits > UNIT_DIGITS_MAX) return NOT_A_DECIMAL;
      units = units * 10 + digit;
    } else if (decimals < 2) {
      minor = minor * 10 + digit;
      decimals++;
    } else if (digit !== 0) {
      return TOO_FINE;
    }
  }
  if (digits === 0 || decimals === 0) return NOT_A_DECIMAL;
  if (decimals === 1) minor *= 10;
  return units * MINOR_PER_UNIT + minor;
}

let secondWritten = Number.NaN;
let secondText = "";

/** Microseconds since 1970 as `2026-11-21T02:10:00.123456Z`. */
export function writeTime(us: number): string {
  const second = Math.floor(us / MICROS_PER_SECOND);
  if (second !== secondWritten) {
    secondText = new Date(second * 1000).toISOString().slice(0, 20);
    secondWritten = second;
  }
  const micros = us - second * MICROS_PER_SECOND;
  return `${secondText}${String(MICROS_PER_SECOND + micros).slice(1)}Z`;
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** An RFC 3339 time in whole microseconds (finer digits are cut), or NaN when it is not one. */
export function readTime(text: string): number {
  const found = TIME.exec(text);
  if (found === null) return Number.NaN;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offHours, offMinutes] =
    found;
  const ms = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!);
  const sane =
    +month! >= 1 &&
    +hour! < 24 &&
    +minute! < 60 &&
    +second! < 60 &&
    new Date(ms).getUTCDate() === +day! &&
    new Date(ms).getUTCMonth() === +month! - 1;
  if (!sane || +(offHours ?? 0) > 23 || +(offMinutes ?? 0) > 59) return Number.NaN;
  const offset = (sign === "-" ? -1 : 1) * (+(offHours ?? 0) * 60 + +(offMinutes ?? 0)) * 60_000;
  return (ms - offset) * 1000 + Number(fraction.slice(0, 6).padEnd(6, "0"));
}

/**
 * Wall clock in whole microseconds: the finer clock, held to within two milliseconds of the wall, at
 * which it looks once a millisecond.
 */
export function nowUs(): number {
  const fineMs = clock.now();
  if (fineMs - lookedMs >= 1) {
    lookedMs = fineMs;
    const wallMs = Date.now();
    if (Math.abs(fineMs + offsetMs - wallMs) > 2) offsetMs = wallMs - fineMs;
  }
  return Math.floor((fineMs + offsetMs) * 1000);
}
/** Held here, for Node looks a global one up by a function each time. */
const clock = performance;
let offsetMs = clock.timeOrigin;
let lookedMs = Number.NEGATIVE_INFINITY;

export function writeOrderId(shard: number, orderId: number): string {
  return `${shard}-${orderId}`;
}

const ORDER_ID = /^(\d{1,3})-([1-9]\d{0,15})$/;

/** The two numbers of an order id, or null when it is not one. */
export function readOrderId(text: string): { shard: number; orderId: number } | null {
  const found = ORDER_ID.exec(text);
  if (found === null) return null;
  const orderId = Number(found[2]);
  return Number.isSafeInteger(orderId) ? { shard: Number(found[1]), orderId } : null;
}
