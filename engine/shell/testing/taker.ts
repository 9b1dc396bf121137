/**
 * A process of its own that runs a shard, trades on it, and takes one snapshot after the other, so that
 * a test can kill it while it does. Says "ready SEQUENCE", "acked ID SEQUENCE" and "taken SEQUENCE".
 */
import { Side } from "../../client/index.ts";
import { besideIn, openShop } from "./snapshots.ts";

const [folder = "", run = ""] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const shop = await openShop(besideIn(folder), {}, { keep: { count: 3, ageMs: 1e12 } });
say(`ready ${shop.report.sequence} ${shop.report.snapshot}`);
const lanes = Array.from({ length: 8 }, async (_, lane) => {
  for (let number = 0; ; number++) {
    const id = `${run}-${lane}-${number}`;
    const answer = await shop.place({
      id,
      side: number % 2 === 0 ? Side.ASK : Side.BID,
      account: 1 + (number % 2),
      priceTicks: 100 + (number % 7),
    });
    if (answer === null) return;
    say(`acked ${id} ${answer.sequence}`);
  }
});
const taking = (async () => {
  for (;;) {
    const taken = await shop.taking.take();
    if (taken !== null) say(`taken ${taken.checkpoint.sequence}`);
  }
})();
await Promise.all([...lanes, taking]);
