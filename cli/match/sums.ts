/**
 * Sums that outgrow 2^53: added as doubles while that is exact, handed to a BigInt before it is not,
 * so that a million additions cost no million BigInts.
 */
export interface Sum {
  /** Adds the product of two whole numbers that are exact themselves. */
  addProduct(left: number, right: number): void;
  total(): bigint;
}

export function makeSum(): Sum {
  let handedOver = 0n;
  let pending = 0;

  function addProduct(left: number, right: number): void {
    const product = left * right;
    if (product > Number.MAX_SAFE_INTEGER) {
      handedOver += BigInt(left) * BigInt(right);
      return;
    }
    if (pending > Number.MAX_SAFE_INTEGER - product) {
      handedOver += BigInt(pending);
      pending = 0;
    }
    pending += product;
  }

  return { addProduct, total: () => handedOver + BigInt(pending) };
}
