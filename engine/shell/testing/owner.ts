/**
 * A process of its own that runs a shard on the directory it is given, trades on it at full load and
 * prints each order that was acknowledged, so that a test can kill it at any instant.
 *
 * Lines: "ready SEQUENCE", then "acked ID SEQUENCE" per order, "refused CODE" while the shard takes no
 * more, and at its end "ended CODE". It ends when it is killed or its shard stops.
 */
import { Side } from "../../core/codes.ts";
import { Refusal } from "../../client/index.ts";
import { openMarket, startDriver } from "./driver.ts";

const [directory = "", run = "", segmentBytes = "", inFlight = "64"] = process.argv.slice(2);
// A pipe is written at once: what was said is the parent's even if we are killed.
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function trade(): Promise<void> {
  const driver = await startDriver(directory, { segmentBytes: Number(segmentBytes) });
  say(`ready ${driver.report.sequence}`);
  void driver.handle.ended.then((error) => say(`ended ${error?.code ?? "clean"}`));
  if (driver.report.sequence === 0) await openMarket(driver);
  // Watched apart from the lanes: all of them may be waiting for what is not taken any more.
  setInterval(() => {
    if (driver.client.refusal() !== Refusal.NONE) say(`refused ${driver.client.refusal()}`);
  }, 20).unref();
  let next = 0;
  const lanes = Array.from({ length: Number(inFlight) }, async () => {
    for (;;) {
      const number = next++;
      const side = number % 2 === 0 ? Side.ASK : Side.BID;
      const id = `${run}-${number}`;
      if (driver.client.refusal() !== Refusal.NONE) return;
      const answer = await driver.place({ id, side, account: 1 + (number % 2) });
      if (answer === null) return;
      say(`acked ${id} ${answer.sequence}`);
    }
  });
  await Promise.all(lanes);
  await driver.handle.ended;
}

await trade().catch((error: unknown) => {
  say(`ended ${(error as { code?: string }).code ?? String(error)}`);
  process.exit(1);
});
