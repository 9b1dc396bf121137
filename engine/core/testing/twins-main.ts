/**
 * `npm run twins -- [--from SEED] [--seeds N] [--commands M] [--release]`: long days of both books,
 * compared after every command; of releases those that begin with auctions. Prints one line, or what to
 * run again.
 */
import { readAsked, readCount } from "../../sim/asked.ts";
import { makeRelease } from "./random-release.ts";
import { liveThrough } from "./twins.ts";

const USAGE = `npm run twins -- [--from SEED] [--seeds N] [--commands M] [--release]
`;

const { values } = readAsked(USAGE, {
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "200" },
    commands: { type: "string", default: "2000" },
    release: { type: "boolean", default: false },
  },
});
const from = readCount("--from", values.from);
const seeds = readCount("--seeds", values.seeds);
const commands = readCount("--commands", values.commands);
const day = { commands, compareEvery: 1, behaviour: 2 };
const asked = values.release ? { ...day, makeTraffic: makeRelease } : day;
let trades = 0;
for (let seed = from; seed < from + seeds; seed++) {
  try {
    trades += liveThrough(seed, asked).trades;
  } catch (error) {
    console.error((error as Error).message);
    console.error(
      `again: npm run twins -- --from ${seed} --seeds 1 --commands ${commands}${values.release ? " --release" : ""}`,
    );
    process.exit(1);
  }
}
console.log(`${seeds} days of ${commands} commands, ${trades} trades: both books tell the same`);
