/**
 * The checksum of trades: two 32-bit lanes over maker, taker, price and quantity, in order. Engines that
 * made the same trades have the same one.
 */
export interface Trades {
  add(makerId: number, takerId: number, priceTicks: number, quantity: number): void;
  count(): number;
  text(): string;
}

const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, "0");

export function makeTrades(): Trades {
  const lanes = Int32Array.of(0x6a09e667, 0x3c6ef372, 0);
  return {
    add(makerId, takerId, priceTicks, quantity) {
      const a = Math.imul(lanes[0]! ^ makerId, 0x85ebca6b);
      const b = Math.imul(lanes[1]! ^ takerId, 0xc2b2ae35);
      lanes[0] = Math.imul((a ^ (a >>> 15)) + priceTicks, 0x27d4eb2f) ^ b;
      lanes[1] = Math.imul((b ^ (b >>> 13)) + quantity, 0x9e3779b1) ^ (a >>> 16);
      lanes[2] = lanes[2]! + 1;
    },
    count: () => lanes[2]!,
    text: () => hex(lanes[0]!) + hex(lanes[1]!),
  };
}
