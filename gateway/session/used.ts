/**
 * Signatures that were used, each as long as its window: ours in memory, every gateway's by the fleet.
 * Ours come first, so that of two copies at one gateway one is refused whatever the fleet says.
 */
import type { Fleet } from "../fleet/fleet.ts";

const US_PER_MS = 1_000;
/** Old ones are swept when there are this many, so the table stays small. */
const SWEEP_AT = 1_024;

export class UsedSignatures {
  /** With the time from which its own timestamp would be refused anyway. */
  readonly #untilUs = new Map<string, number>();
  readonly #fleet: Fleet | undefined;
  #sweepAt = SWEEP_AT;

  constructor(fleet: Fleet | undefined, clockUs: () => number) {
    this.#fleet = fleet;
    fleet?.onChange((isShared) => {
      if (isShared) void fleet.remember(this.#stillUsed(clockUs()));
    });
  }

  /** Whether it was not used before. At once where there is no fleet. */
  claim(use: string, untilUs: number, nowUs: number): boolean | Promise<boolean> {
    if (this.#untilUs.has(use)) return false;
    this.#sweep(nowUs);
    this.#untilUs.set(use, untilUs);
    if (this.#fleet === undefined) return true;
    const forMs = Math.ceil((untilUs - nowUs) / US_PER_MS);
    return this.#fleet.claim(use, forMs).then((isFirst) => isFirst !== false);
  }

  #stillUsed(nowUs: number): (readonly [string, number])[] {
    const used: (readonly [string, number])[] = [];
    for (const [use, untilUs] of this.#untilUs) {
      if (untilUs > nowUs) used.push([use, Math.ceil((untilUs - nowUs) / US_PER_MS)]);
    }
    return used;
  }

  #sweep(nowUs: number): void {
    if (this.#untilUs.size < this.#sweepAt) return;
    for (const [use, untilUs] of this.#untilUs) if (untilUs < nowUs) this.#untilUs.delete(use);
    this.#sweepAt = Math.max(SWEEP_AT, this.#untilUs.size * 2);
  }
}
