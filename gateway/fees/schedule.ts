/**
 * What a trade costs its two parties, by a versioned schedule: pure, whole minor units, every rounding
 * named, and lines that add up to the sum by construction, for the sum is made of them. The only
 * place where a fee is computed: the ticket of a page shows what `/v1/fees` answers.
 *
 * Fees are those of one pair, times the pairs: so an order that trades in several pieces costs what
 * its ticket said.
 */

/** Highest price of one pair that can be quoted: its sums stay exact whatever the pairs. */
export const QUOTE_PRICE_MINOR_MAX = 100_000_000_000;
export const QUOTE_QUANTITY_MAX = 1_000;

export interface FeeSchedule {
  readonly version: number;
  /** The UTC day from which it applies. */
  readonly from: string;
  readonly region: string;
  readonly rounding: "half_up";
  /** Hundredths of a percent, like every rate here. */
  readonly buyerProcessingBp: number;
  readonly buyerProcessingMinimumMinor: number;
  readonly shippingMinor: number;
  readonly taxBp: number;
  /** By seller level, from 1. */
  readonly sellerTransactionBp: readonly number[];
  readonly sellerTransactionMinimumMinor: number;
  readonly sellerProcessingBp: number;
}

/** Never changed once it has priced a trade: a new season is a new entry with a later `from`. */
export const SCHEDULES: readonly FeeSchedule[] = [
  {
    version: 1,
    from: "2026-11-01",
    region: "US",
    rounding: "half_up",
    buyerProcessingBp: 400,
    buyerProcessingMinimumMinor: 100,
    shippingMinor: 1_495,
    taxBp: 0,
    sellerTransactionBp: [900, 850, 800, 750, 700],
    sellerTransactionMinimumMinor: 500,
    sellerProcessingBp: 300,
  },
];

export interface FeeLine {
  readonly code: "price" | "processing" | "shipping" | "tax" | "transaction";
  /** Hundredths of a percent of the price; null for what is no rate. */
  readonly rateBp: number | null;
  /** What decided the amount when the rate did not: the least fee, or that no more of the price is left. */
  readonly applied?: "minimum" | "cap" | undefined;
  /** Signed, as it counts in the sum: what a seller gives up is negative. */
  readonly amountMinor: number;
}

export interface Quote {
  readonly schedule: FeeSchedule;
  readonly lines: readonly FeeLine[];
  /** What the buyer pays, or what the seller receives. */
  readonly sumMinor: number;
}

export interface QuoteRequest {
  readonly side: "buy" | "sell";
  readonly priceMinor: number;
  readonly quantity: number;
  /** The seller's, 1 to 5. */
  readonly level: number;
}

/** The schedule in force on a UTC day, `2026-11-21`: the newest that has begun; before all, the first. */
export function scheduleOn(
  day: string,
  schedules: readonly FeeSchedule[] = SCHEDULES,
): FeeSchedule {
  return schedules.findLast(({ from }) => from <= day) ?? schedules[0]!;
}

export function quote(schedule: FeeSchedule, request: QuoteRequest): Quote {
  const { side, priceMinor, quantity, level } = request;
  const onePair =
    side === "buy" ? buyer(schedule, priceMinor) : seller(schedule, priceMinor, level);
  const lines = onePair.map((line) => ({ ...line, amountMinor: line.amountMinor * quantity }));
  return { schedule, lines, sumMinor: sum(lines) };
}

function buyer(schedule: FeeSchedule, priceMinor: number): FeeLine[] {
  const { buyerProcessingBp: processingBp, shippingMinor, taxBp } = schedule;
  const shareMinor = shareHalfUp(priceMinor, processingBp);
  const processingMinor = Math.max(shareMinor, schedule.buyerProcessingMinimumMinor);
  const applied = processingMinor > shareMinor ? "minimum" : undefined;
  return [
    line("price", priceMinor),
    { ...line("processing", processingMinor, processingBp), applied },
    line("shipping", shippingMinor),
    line("tax", shareHalfUp(priceMinor, taxBp), taxBp),
  ];
}

/** The fees together never exceed the price: nobody pays to sell. */
function seller(schedule: FeeSchedule, priceMinor: number, level: number): FeeLine[] {
  const rateBp = schedule.sellerTransactionBp[level - 1]!;
  const processingMinor = shareHalfUp(priceMinor, schedule.sellerProcessingBp);
  const shareMinor = shareHalfUp(priceMinor, rateBp);
  const wantedMinor = Math.max(shareMinor, schedule.sellerTransactionMinimumMinor);
  const transactionMinor = Math.min(wantedMinor, priceMinor - processingMinor);
  const minimum = wantedMinor > shareMinor ? "minimum" : undefined;
  const applied = transactionMinor < wantedMinor ? "cap" : minimum;
  return [
    line("price", priceMinor),
    { ...line("transaction", -transactionMinor, rateBp), applied },
    line("processing", -processingMinor, schedule.sellerProcessingBp),
  ];
}

function line(code: FeeLine["code"], amountMinor: number, rateBp: number | null = null): FeeLine {
  return { code, rateBp, amountMinor: amountMinor === 0 ? 0 : amountMinor };
}

function sum(lines: readonly FeeLine[]): number {
  return lines.reduce((total, { amountMinor }) => total + amountMinor, 0);
}

/**
 * `rateBp` hundredths of a percent of `minor`, to the nearest minor unit, halves up. The price is split
 * so that no product leaves the whole numbers a double holds exactly.
 */
export function shareHalfUp(minor: number, rateBp: number): number {
  const tenThousands = Math.floor(minor / 10_000);
  const rest = minor - tenThousands * 10_000;
  return tenThousands * rateBp + Math.floor((rest * rateBp + 5_000) / 10_000);
}
