/**
 * A process of its own with a shard that trades at full load and its match stream, so that a test can
 * kill both at any instant.
 *
 * Arguments: DIRECTORY RUN PORT (0: any). Lines: "ready PORT", and "ended CODE" when it could not start.
 */
import { Side } from "../../core/codes.ts";
import { startMatchStream } from "../match-stream/main.ts";
import { openMarket, quietLog, startDriver } from "./driver.ts";

const [directory = "", run = "", port = "0"] = process.argv.slice(2);
const IN_FLIGHT = 32;

async function trade(): Promise<void> {
  const options = { ordersMax: 65_536, idsMax: 524_288 };
  const driver = await startDriver(directory, { segmentBytes: 1024 * 1024, options });
  if (driver.report.sequence === 0) await openMarket(driver);
  const stream = startMatchStream({
    shard: 0,
    directory,
    status: driver.handle.status,
    host: "127.0.0.1",
    port: Number(port),
    log: quietLog,
    options,
    limits: { windowBytes: 256 * 1024 },
  });
  await stream.ready;
  process.stdout.write(`ready ${(await stream.listening).port}\n`);
  let next = 0;
  const lanes = Array.from({ length: IN_FLIGHT }, async () => {
    for (;;) {
      const number = next++;
      const side = number % 2 === 0 ? Side.ASK : Side.BID;
      if (
        (await driver.place({ id: `${run}-${number}`, side, account: 1 + (number % 2) })) === null
      )
        return;
    }
  });
  await Promise.all(lanes);
}

await trade().catch((error: unknown) => {
  process.stdout.write(`ended ${(error as { code?: string }).code ?? String(error)}\n`);
  process.exit(1);
});
