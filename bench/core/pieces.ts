/**
 * Small pieces of the core, timed by tinybench: where a command's time goes.
 */
import { Bench } from "tinybench";
import * as core from "../../engine/core/index.ts";

const DAY_US = 1_790_000_000_000_000;

/** A shard with one book and one account, and a way to give it commands. */
function makeMarket(): (type: number, fill: (i32: Int32Array, f64: Float64Array) => void) => void {
  const events = core.makeEvents(core.EVENTS_PER_COMMAND_MAX);
  const shard = core.makeShard({ ordersMax: 65_536, idsMax: 262_144, events });
  const commands = core.makeCommands(1);
  let stampUs = DAY_US;
  const apply = (type: number, fill: (i32: Int32Array, f64: Float64Array) => void): void => {
    core.clearCommand(commands, 0);
    commands.u8[0] = type;
    commands.f64[core.CommandF64.sequence] = shard.sequence() + 1;
    commands.f64[core.CommandF64.stampUs] = stampUs += 10;
    fill(commands.i32, commands.f64);
    events.count = 0;
    shard.apply(commands, 0, events);
  };
  apply(core.CommandType.LIST_INSTRUMENT, (i32) => {
    i32[core.CommandI32.instrument] = 1;
    i32[core.CommandI32.tickMinor] = 100;
    i32[core.CommandI32.state] = core.InstrumentState.CONTINUOUS;
  });
  apply(core.CommandType.SET_ACCOUNT, (i32) => {
    i32[core.CommandI32.account] = 1;
    i32[1] = core.CommandFlag.ALLOWED << 8;
  });
  return apply;
}

export async function runPieces(isTiny: boolean): Promise<string> {
  const bench = new Bench(isTiny ? { time: 1, iterations: 10, warmup: false } : { time: 500 });
  const apply = makeMarket();
  let placed = 0;
  const place = (i32: Int32Array): void => {
    placed++;
    i32[0] = core.CommandType.PLACE | (core.Side.BID << 8) | (core.OrderType.LIMIT << 16);
    i32[0] |= core.TimeInForce.GTC << 24;
    i32[core.CommandI32.account] = 1;
    i32[core.CommandI32.instrument] = 1;
    i32[core.CommandI32.priceTicks] = 100 + (placed % 50);
    i32[core.CommandI32.quantity] = 1;
    i32[core.CommandI32.clientOrderId] = placed;
  };
  const cancel = (i32: Int32Array, f64: Float64Array): void => {
    i32[core.CommandI32.account] = 1;
    f64[core.CommandF64.orderId] = placed;
  };
  const orders = core.makeOrders(1_024);
  const events = core.makeEvents(4);
  const key = Int32Array.of(1, 2, 3, 4);
  bench
    .add("clock: a command that does nothing", () => apply(core.CommandType.CLOCK, () => undefined))
    .add("place and cancel", () => {
      apply(core.CommandType.PLACE, place);
      apply(core.CommandType.CANCEL, cancel);
    })
    .add("refusal: no such order", () => apply(core.CommandType.CANCEL, (i32) => void (i32[6] = 1)))
    .add("a row taken and given back", () => orders.free(orders.take()))
    .add("a client order id decoded", () => core.decodeClientOrderId(key, 0))
    .add("an event copied", () => {
      const to = core.makeEvents(1);
      events.count = 1;
      core.copyEvents(events, to);
    });
  await bench.run();
  const lines = bench.tasks.map((task) => {
    const ns = task.result.state === "completed" ? task.result.latency.mean * 1e6 : Number.NaN;
    return `${task.name.padEnd(40)} ${ns.toFixed(0).padStart(8)} ns`;
  });
  return `${lines.join("\n")}\n`;
}
