/**
 * Run by `match.alloc.test.ts` in a process of its own, with --trace-gc: warms a shard up, then
 * applies a million commands between the lines "steady" and "done". Whatever the collector has to do
 * in between, the core made.
 */
import { CommandF64, CommandI32, makeCommands } from "../command.ts";
import { makeEvents } from "../event.ts";
import { makeShard } from "../index.ts";
import { EVENTS_PER_COMMAND_MAX } from "../limits.ts";
import { DAY_START_US, writeCommand } from "./driver.ts";
import { makeTraffic } from "./random.ts";

const BATCH = 20_000;
const WARM_UP = 1_000_000;
const STEADY = 1_000_000;

const shard = makeShard({ ordersMax: 65_536, idsMax: 200_000 });
const events = makeEvents(EVENTS_PER_COMMAND_MAX);

// All kinds of commands, made once; each round gives every id a new ending and every stamp a later
// time, so that nothing is a duplicate.
const commands = makeCommands(BATCH);
const stampsUs = new Float64Array(BATCH);
const traffic = makeTraffic(2, 2);
writeCommand(commands, 0, 13, { behaviour: 2 });
for (let n = 1; n < BATCH; n++) {
  const { type, words, stampUs } = traffic.next();
  writeCommand(commands, n, type === 12 || type === 9 || type === 13 ? 7 : type, words);
  stampsUs[n] = stampUs - DAY_START_US;
}
const spanUs = stampsUs[BATCH - 1]! + 1;

function round(number: number): void {
  for (let n = 0; n < BATCH; n++) {
    const at = n * 12;
    const roundUs = DAY_START_US + number * spanUs;
    commands.f64[at + CommandF64.sequence] = number * BATCH + n + 1;
    commands.f64[at + CommandF64.stampUs] = roundUs + stampsUs[n]!;
    if (number > 0 && commands.f64[at + CommandF64.deadlineUs] !== 0) {
      commands.f64[at + CommandF64.deadlineUs] = commands.f64[at + CommandF64.deadlineUs]! + spanUs;
    }
    if (number > 0 && commands.f64[at + CommandF64.expiresAtUs] !== 0) {
      commands.f64[at + CommandF64.expiresAtUs] =
        commands.f64[at + CommandF64.expiresAtUs]! + spanUs;
    }
    if (commands.u8[n * 96]! <= 6) commands.i32[n * 24 + CommandI32.clientOrderId + 3] = number;
    events.count = 0;
    shard.apply(commands, n, events);
  }
}

let number = 0;
for (; number < WARM_UP / BATCH; number++) round(number);
const tradesBefore = shard.tradesTotal();
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
console.log("steady");
for (; number < (WARM_UP + STEADY) / BATCH; number++) round(number);
console.log("done");
const grown = process.memoryUsage().heapUsed - before;
console.log(JSON.stringify({ grown, trades: shard.tradesTotal() - tradesBefore }));
