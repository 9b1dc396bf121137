/**
 * The crowd at work: beat by beat it lets prices walk, sends takers to the books, has market makers
 * mend their ladders and resellers and patient buyers queue for the front.
 *
 * A beat's acts leave together, so that the exchange journals them together. What the crowd may send
 * is bounded by its rate, what it may have open by its tables; trouble makes it wait, never insist.
 */
import { Bursts } from "./bursts.ts";
import type { Desk } from "./desk.ts";
import type { Floor } from "./floor.ts";
import { bargain, beFirst, type Side, type Situation, takeBest, tendLadder } from "./habits.ts";
import { makeWeighted, type Random } from "./random.ts";
import type { Pair, Shoe } from "./shoes.ts";
import { Walk } from "./walk.ts";

export interface CrowdParts {
  readonly shoes: readonly Shoe[];
  readonly floor: Floor;
  readonly makers: readonly Desk[];
  readonly resellers: readonly Desk[];
  readonly bidders: readonly Desk[];
  readonly takers: readonly Desk[];
  /** Trades a second when nothing special happens. */
  readonly rate: number;
  readonly random: Random;
}

const BEAT_MS = 300;
/** After a pause of the machine nothing is caught up on. */
const BEAT_MAX_S = 0.5;
/** Messages for mending, for each trade of the rate. */
const MENDS_PER_TRADE = 1.6;
const MENDS_MIN = 16;
/** A second, while books are built or prices have a history to make. */
const MENDS_FAST = 900;
const MENDS_PER_VISIT = 4;
const QUEUERS_PER_TRADE = 0.3;
const QUEUER_OPEN_MAX = 120;
/** Seconds until somebody notices a bargain, on average. */
const BARGAIN_S = 3;
const BUYERS = 0.52;

/** A first start makes itself a past: for this long it trades faster, and prices live faster. */
const HISTORY_S = 10;
const HISTORY_TRADES_PER_S = 200;
const HISTORY_SPEED = 60;

export class Crowd {
  readonly #parts: CrowdParts;
  readonly #pairs: readonly Pair[];
  readonly #walks = new Map<Shoe, Walk>();
  readonly #bursts: Bursts;
  readonly #pickPair: (random: Random) => Pair;
  readonly #makerOf = new Map<Pair, Desk>();
  /** Instruments whose ladder lost an order; their maker looks there first. */
  readonly #worn = new Set<Pair>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = true;
  #beganMs = 0;
  #lastMs = 0;
  #mends = 0;
  #sweep = 0;
  #isBuilt = false;
  #historyUntilS = 0;

  constructor(parts: CrowdParts) {
    this.#parts = parts;
    const pairs = parts.shoes.flatMap((shoe) => shoe.pairs);
    // The most wanted first: their books are built first.
    this.#pairs = pairs.toSorted((a, b) => b.weight - a.weight);
    this.#bursts = new Bursts(parts.shoes, parts.random, today());
    this.#pickPair = makeWeighted(this.#pairs, ({ weight }) => weight);
    const bySymbol = new Map(pairs.map((pair) => [pair.symbol, pair]));
    for (const shoe of parts.shoes) this.#walks.set(shoe, new Walk(shoe));
    this.#pairs.forEach((pair, index) => {
      this.#makerOf.set(pair, parts.makers[index % parts.makers.length]!);
    });
    for (const maker of parts.makers) {
      maker.onFill = (symbol) => this.#worn.add(bySymbol.get(symbol)!);
    }
    // Takers' orders never rest. A maker's are the levels of his ladders, on both sides.
    for (const [pair, maker] of this.#makerOf) maker.openMax += pair.levels * 2;
    for (const desk of [...parts.resellers, ...parts.bidders]) desk.openMax = QUEUER_OPEN_MAX;
  }

  /** From where the last sales left off. Beats until `stop`. */
  start(): void {
    const { floor, shoes } = this.#parts;
    let sold = 0;
    for (const shoe of shoes) {
      const sales = shoe.pairs
        .map((pair) => ({ pair, lastTicks: floor.quote(pair).lastTicks }))
        .filter(({ lastTicks }) => lastTicks > 0);
      sold += sales.length;
      this.#walks.get(shoe)!.resume(sales);
    }
    this.#beganMs = performance.now();
    this.#lastMs = this.#beganMs;
    if (sold < this.#pairs.length / 10) this.#historyUntilS = HISTORY_S;
    this.#schedule();
  }

  stop(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    const { makers, resellers, bidders, takers } = this.#parts;
    for (const desk of [...makers, ...resellers, ...bidders, ...takers]) desk.close();
  }

  #schedule(): void {
    const waitMs = BEAT_MS * this.#parts.random.between(0.7, 1.3);
    this.#timer = setTimeout(() => {
      this.#beat();
      if (this.#isOpen) this.#schedule();
    }, waitMs);
  }

  #beat(): void {
    const { floor, random, rate } = this.#parts;
    const nowMs = performance.now();
    const seconds = Math.min((nowMs - this.#lastMs) / 1000, BEAT_MAX_S);
    this.#lastMs = nowMs;
    if (!floor.isReady) return;
    const nowS = (nowMs - this.#beganMs) / 1000;
    const isHistory = nowS < this.#historyUntilS;
    const burst = this.#bursts.at(nowS, today());
    for (const [shoe, walk] of this.#walks) {
      const drift = burst?.shoe === shoe ? burst.drift : 0;
      walk.step(seconds * (isHistory ? HISTORY_SPEED : 1), random, drift);
    }
    const calm = isHistory ? Math.max(HISTORY_TRADES_PER_S, rate) : rate;
    const hunted = this.#huntBargains(seconds);
    for (let left = random.poisson(calm * seconds) - hunted; left > 0; left--) {
      // In the past that is made up, sizes that hardly trade have traded, too.
      const pair =
        isHistory && random.chance(0.4) ? random.pick(this.#pairs) : this.#pickPair(random);
      this.#take(pair, random.chance(BUYERS) ? "buy" : "sell");
    }
    if (burst !== undefined) {
      for (let left = random.poisson(burst.extra * rate * seconds); left > 0; left--) {
        this.#take(burst.pickPair(random), random.chance(burst.buyers) ? "buy" : "sell");
      }
    }
    const mendsPerS = Math.max(MENDS_MIN, rate * MENDS_PER_TRADE * (1 + (burst?.extra ?? 0)));
    this.#mend((this.#isBuilt && !isHistory ? mendsPerS : MENDS_FAST) * seconds);
    for (let left = random.poisson(rate * QUEUERS_PER_TRADE * seconds); left > 0; left--) {
      this.#queue();
    }
  }

  #situation(pair: Pair): Situation {
    const fairTicks = this.#walks.get(pair.shoe)!.fairTicks(pair);
    return { pair, fairTicks, quote: this.#parts.floor.quote(pair) };
  }

  /** Takers look around, too: what is too good to be left lying is taken. Returns how many went. */
  #huntBargains(seconds: number): number {
    const { random, rate } = this.#parts;
    const most = Math.max(1, rate * seconds);
    let hunted = 0;
    for (const pair of this.#pairs) {
      const side = bargain(this.#situation(pair));
      if (side === undefined || !random.chance(seconds / BARGAIN_S)) continue;
      this.#take(pair, side);
      if (++hunted >= most) break;
    }
    return hunted;
  }

  #take(pair: Pair, side: Side): void {
    const { random, takers } = this.#parts;
    const taker = random.pick(takers);
    if (!taker.isFree(pair.symbol)) return;
    const act = takeBest(this.#situation(pair), side, random);
    if (act === undefined) return;
    this.#walks.get(pair.shoe)!.traded(side);
    void taker.send(pair.symbol, [act]);
  }

  /** Worn ladders first, then wanted ones, then every ladder in its turn. */
  #mend(acts: number): void {
    const { random } = this.#parts;
    this.#mends = Math.min(this.#mends + acts, Math.max(acts * 2, MENDS_PER_VISIT));
    for (const pair of this.#worn) {
      if (this.#mends < 1) return;
      if (this.#visit(pair) !== undefined) this.#worn.delete(pair);
    }
    const visits = this.#isBuilt ? 24 : this.#pairs.length;
    for (let left = visits; left > 0 && this.#mends >= 1; left--) {
      if (this.#isBuilt && random.chance(0.5)) {
        this.#visit(this.#pickPair(random));
        continue;
      }
      const visited = this.#visit(this.#pairs[this.#sweep]!);
      if (visited === undefined && !this.#isBuilt) return;
      this.#sweep = (this.#sweep + 1) % this.#pairs.length;
      if (this.#sweep === 0) this.#isBuilt = true;
    }
  }

  /** How many acts it took, or undefined when the maker was not free. */
  #visit(pair: Pair): number | undefined {
    const maker = this.#makerOf.get(pair)!;
    if (!maker.isFree(pair.symbol)) return undefined;
    const most = this.#isBuilt ? MENDS_PER_VISIT : pair.levels * 2;
    const own = maker.own(pair.symbol);
    const acts = tendLadder(this.#situation(pair), own, this.#parts.random, most);
    if (acts.length > 0) void maker.send(pair.symbol, acts);
    this.#mends -= acts.length;
    return acts.length;
  }

  #queue(): void {
    const { random, resellers, bidders } = this.#parts;
    const side: Side = random.chance(0.6) ? "sell" : "buy";
    const desk = random.pick(side === "sell" ? resellers : bidders);
    const pair = this.#pickPair(random);
    if (!desk.isFree(pair.symbol)) return;
    const [own] = desk.own(pair.symbol);
    const act = beFirst(this.#situation(pair), side, own, random);
    if (act !== undefined) void desk.send(pair.symbol, [act]);
  }
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
