/**
 * The workloads: what kind of market each is. All numbers a stream is made from stand here.
 *
 * A stream is the market's set-up (instruments, accounts), its load (places that rest) and its mix: moves
 * (an amend of the price) and cancels of random resting orders by order id, and places, few of which
 * cross. The mix keeps the number of resting orders where the load left it.
 */
export interface Workload {
  readonly name: string;
  readonly books: number;
  readonly resting: number;
  readonly accounts: number;
  /** Commands of the mix. */
  readonly commands: number;
  /** Between two commands, in microseconds. */
  readonly stepUs: number;
  /** How far from the middle prices lie, in ticks: most are near. */
  readonly spreadTicks: number;
  /** How far the middle walks up and down over the whole mix, in ticks. */
  readonly swingTicks: number;
  /** Share of orders with an expiry. */
  readonly expiring: number;
  /** How many commands of the mix the engine from npm is given; 0: it does not take part. */
  readonly rivalCommands: number;
}

/** A market of 100,000 commands a second. */
const SNEAKER = {
  accounts: 10_000,
  stepUs: 10,
  spreadTicks: 24,
  swingTicks: 0,
  expiring: 0.5,
  rivalCommands: 0,
} as const;

/** One book at 10,000 commands a second: a release that everybody wants. */
const ONE_BOOK = { books: 1, accounts: 1_000, stepUs: 100, expiring: 0 } as const;

export const WORKLOADS: readonly Workload[] = [
  {
    ...ONE_BOOK,
    name: "hot",
    resting: 1_000,
    commands: 4_000_000,
    spreadTicks: 300,
    swingTicks: 0,
    rivalCommands: 200_000,
  },
  {
    ...ONE_BOOK,
    name: "deep",
    resting: 200_000,
    commands: 4_000_000,
    spreadTicks: 5_000,
    swingTicks: 0,
    rivalCommands: 100_000,
  },
  {
    ...ONE_BOOK,
    name: "swing",
    resting: 2_000,
    commands: 4_000_000,
    spreadTicks: 400,
    swingTicks: 40_000,
    rivalCommands: 100_000,
  },
  {
    ...SNEAKER,
    name: "sneaker",
    books: 10_000,
    resting: 1_000_000,
    commands: 3_000_000,
    rivalCommands: 60_000,
  },
  { ...SNEAKER, name: "growth-10k", books: 100, resting: 10_000, commands: 3_000_000 },
  { ...SNEAKER, name: "growth-100k", books: 1_000, resting: 100_000, commands: 3_000_000 },
  { ...SNEAKER, name: "growth-1m", books: 10_000, resting: 1_000_000, commands: 3_000_000 },
  { ...SNEAKER, name: "growth-10m", books: 100_000, resting: 10_000_000, commands: 3_000_000 },
];

/** A workload small enough for the test suite: the same shape, a hundredth of the size. */
export function tiny(workload: Workload): Workload {
  return {
    ...workload,
    books: Math.max(1, Math.floor(workload.books / 1_000)),
    resting: Math.max(200, Math.min(2_000, Math.floor(workload.resting / 1_000))),
    accounts: 50,
    commands: 4_000,
    rivalCommands: workload.rivalCommands === 0 ? 0 : 2_000,
  };
}
