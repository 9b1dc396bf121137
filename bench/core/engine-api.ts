/** The face of the engines under measurement, and how large they are made. */
import type * as core from "../../engine/core/index.ts";

export interface Engine {
  run(commands: core.Commands, from: number, to: number): void;
}

export interface EngineSizes {
  readonly books: number;
  readonly accounts: number;
  readonly resting: number;
  readonly places: number;
  /** Orders that may rest, and ids that may be remembered: a little more than ever are. */
  readonly ordersMax: number;
  readonly idsMax: number;
  /** Of them had before anything is measured. */
  readonly readyRows?: number;
}
