/**
 * Writes a new golden log: `node engine/core/testing/golden-main.ts NAME SEED COMMANDS BEHAVIOUR`. Refuses to
 * write over one that is there: they are added to, never made again.
 */
import { writeFileSync } from "node:fs";
import { CommandType } from "../codes.ts";
import { CommandF64, COMMAND_F64, makeCommands } from "../command.ts";
import { writeCommand } from "./driver.ts";
import { DAY_START_US } from "./driver.ts";
import { GOLDEN_FOLDER, replay } from "./golden.ts";
import { makeTraffic } from "./random.ts";

const [name = "", seed = "", count = "", behaviour = ""] = process.argv.slice(2);
const commands = makeCommands(Number(count));
const traffic = makeTraffic(Number(seed), Number(behaviour));
for (let n = 0; n < commands.capacity; n++) {
  const first = { type: CommandType.SET_BEHAVIOUR, words: { behaviour: Number(behaviour) } };
  const next = n === 0 ? { ...first, stampUs: DAY_START_US } : traffic.next();
  const { type, words, stampUs } = next;
  writeCommand(commands, n, type === CommandType.CHECKPOINT ? CommandType.CLOCK : type, words);
  commands.f64[n * COMMAND_F64 + CommandF64.sequence] = n + 1;
  commands.f64[n * COMMAND_F64 + CommandF64.stampUs] = stampUs;
  commands.f64[n * COMMAND_F64 + CommandF64.correlation] = n + 1;
}
const day = `random day ${seed} of behaviour ${behaviour}`;
const golden = replay(day, commands, "plain");
writeFileSync(new URL(`${name}.bin`, GOLDEN_FOLDER), commands.u8, { flag: "wx" });
const json = `${JSON.stringify(golden, null, 2)}\n`;
writeFileSync(new URL(`${name}.json`, GOLDEN_FOLDER), json, { flag: "wx" });
console.log(`${name}: ${golden.trades} trades in ${golden.commands} commands`);
