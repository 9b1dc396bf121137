// The match stream of a real exchange: found by its address in the data directory, it tells everything
// from the first command on, goes on after the exchange was killed, and is gone when that is stopped.
import { afterAll, expect, test } from "@jest/globals";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../.ci/servers/ports.ts";
import { readMatchStream } from "../engine/client/match-stream.ts";
import { inspectJournal } from "../engine/shell/journal/tools.ts";
import { solebook } from "./testing/command.ts";
import { type RunningExchange, startExchange } from "./testing/exchange.ts";

const dir = mkdtempSync(join(tmpdir(), "solebook-events-"));
const addressFile = join(dir, "match-stream.address");
const started: RunningExchange[] = [];
afterAll(async () => {
  for (const exchange of started) await exchange.kill();
  rmSync(dir, { recursive: true, force: true });
});

test("a program of this machine hears every command's events, also across a kill", async () => {
  const [port] = await freePorts(1);
  const first = await start(String(port));
  const address = readFileSync(addressFile, "utf8").trim();
  expect(first.output()).toContain(`events   ${address} (gRPC)`);
  const journal = join(dir, "journal", "shard-0");
  const heard: string[] = [];
  let next = 1;
  const reading = readMatchStream({
    address,
    shard: 0,
    fromSequence: 1,
    backOff: { firstMs: 20, mostMs: 200 },
  });
  const read = async (until: number): Promise<void> => {
    while (next <= until) {
      const { value } = await reading.next();
      next = value.nextSequence;
      for (const { event } of value.events) heard.push(event.case);
    }
  };
  const listed = [...inspectJournal(journal)].filter(({ type }) => type === "LIST_INSTRUMENT");
  await read(listed.at(-1)!.sequence);
  expect(heard.filter((what) => what === "instrumentListed")).toHaveLength(listed.length);

  await first.kill();
  const second = await start(String(port));
  const again = [...inspectJournal(journal)].at(-1)!.sequence;
  await read(again);
  await reading.return(undefined);
  expect(readFileSync(addressFile, "utf8").trim()).toBe(address);
  expect(await second.stop()).toBe(0);
  expect(existsSync(addressFile)).toBe(false);
});

test("a port that is taken, and one that none is, are said", async () => {
  const other = createServer();
  await once(other.listen(0, "127.0.0.1"), "listening");
  const { port } = other.address() as AddressInfo;
  const up = ["up", "--data", dir, "--port", "0", "--no-traders", "--match-stream"];
  const taken = await solebook([...up, String(port)]);
  other.close();
  expect(taken.status).toBe(1);
  expect(taken.stderr).toContain(`the match stream cannot listen at 127.0.0.1:${port}`);
  const none = await solebook([...up, "everywhere"]);
  expect(none).toMatchObject({ status: 2 });
  expect(none.stderr).toContain("--match-stream is a whole number from 0 to 65535");
});

async function start(port: string): Promise<RunningExchange> {
  const exchange = await startExchange(dir, ["--match-stream", port]);
  started.push(exchange);
  return exchange;
}
