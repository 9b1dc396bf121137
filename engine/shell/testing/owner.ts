/**
 * A process of its own that runs a shard on the directory it is given, trades on it at full load and
 * prints each order that was acknowledged, so that a test can kill it at any instant.
 *
 * Arguments: DIRECTORY RUN SEGMENT_BYTES IN_FLIGHT DEADLINE_US RUN:FROM:TO:DEADLINE_US, the last of them
 * orders of an earlier run to be sent again first: "again ID SEQUENCE" per order, the first copy's.
 *
 * Lines: "ready SEQUENCE", then "acked ID SEQUENCE" per order, "refused CODE" while the shard takes no
 * more, and at its end "ended CODE". It ends when it is killed or its shard stops.
 */
import { EventType, Side } from "../../core/codes.ts";
import { Refusal } from "../../client/index.ts";
import { type Driver, openMarket, startDriver } from "./driver.ts";
import type { PlaceOrder } from "./orders.ts";

const [directory = "", run = "", segmentBytes = "", ...more] = process.argv.slice(2);
const [inFlight = "64", deadline = "0", earlier = ""] = more;
// A pipe is written at once: what was said is the parent's even if we are killed.
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function order(of: string, number: number, deadlineUs: number): PlaceOrder {
  const side = number % 2 === 0 ? Side.ASK : Side.BID;
  return { id: `${of}-${number}`, side, account: 1 + (number % 2), deadlineUs };
}

async function sendAgain(driver: Driver): Promise<void> {
  const [of = "", from, to, deadlineUs] = earlier.split(":");
  const sent: Promise<void>[] = [];
  for (let number = Number(from); number < Number(to); number++) {
    const it = order(of, number, Number(deadlineUs));
    sent.push(
      driver.place(it).then((answer) => {
        if (answer === null) return;
        const isAnswer = answer.type === EventType.ACCEPTED;
        say(isAnswer ? `again ${it.id} ${answer.firstSequence}` : `ended RESENT_${answer.reason}`);
      }),
    );
  }
  await Promise.all(sent);
}

async function trade(): Promise<void> {
  const driver = await startDriver(directory, { segmentBytes: Number(segmentBytes) });
  say(`ready ${driver.report.sequence}`);
  void driver.handle.ended.then((error) => say(`ended ${error?.code ?? "clean"}`));
  if (driver.report.sequence === 0) await openMarket(driver);
  // Watched apart from the lanes: all of them may be waiting for what is not taken any more.
  setInterval(() => {
    if (driver.client.refusal() !== Refusal.NONE) say(`refused ${driver.client.refusal()}`);
  }, 20).unref();
  if (earlier !== "") await sendAgain(driver);
  let next = 0;
  const lanes = Array.from({ length: Number(inFlight) }, async () => {
    for (;;) {
      const it = order(run, next++, Number(deadline));
      if (driver.client.refusal() !== Refusal.NONE) return;
      const answer = await driver.place(it);
      if (answer === null) return;
      say(`acked ${it.id} ${answer.sequence}`);
    }
  });
  await Promise.all(lanes);
  await driver.handle.ended;
}

await trade().catch((error: unknown) => {
  say(`ended ${(error as { code?: string }).code ?? String(error)}`);
  process.exit(1);
});
