/**
 * When each order is due: decided before the first is sent, so that a server that stalls is measured
 * while it stalls (no coordinated omission). Phases follow one another, each at an even rate.
 */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** Orders a second. */
  readonly perS: number;
}

export class Schedule {
  readonly phases: readonly Phase[];
  #phase = 0;
  /** Of the current phase: when it began, in ms since the start, and how many of its orders are taken. */
  #beganMs = 0;
  #taken = 0;

  constructor(phases: readonly Phase[]) {
    this.phases = phases;
    this.#skipPast();
  }

  get lengthMs(): number {
    return this.phases.reduce((sum, { seconds }) => sum + seconds * 1_000, 0);
  }

  /** The phase of the order that is due next; all of them when none is. */
  get phase(): number {
    return this.#phase;
  }

  /** When the next order is due, in ms since the start; Infinity after the last. */
  get dueMs(): number {
    const phase = this.phases[this.#phase];
    return phase === undefined ? Infinity : this.#beganMs + (this.#taken * 1_000) / phase.perS;
  }

  take(): void {
    this.#taken++;
    this.#skipPast();
  }

  /** The phase that is on at `ms`. */
  phaseAt(ms: number): number {
    let endMs = 0;
    const found = this.phases.findIndex(({ seconds }) => ms < (endMs += seconds * 1_000));
    return found < 0 ? this.phases.length : found;
  }

  #skipPast(): void {
    for (;;) {
      const phase = this.phases[this.#phase];
      if (phase === undefined || this.#taken < Math.round(phase.seconds * phase.perS)) return;
      this.#beganMs += phase.seconds * 1_000;
      this.#taken = 0;
      this.#phase++;
    }
  }
}
