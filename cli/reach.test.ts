// Where an exchange can be opened, in addresses that work: from this machine, and from others.
import { afterEach, expect, test } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { networkInterfaces, type NetworkInterfaceInfo, tmpdir } from "node:os";
import { join } from "node:path";
import { reachOf } from "./reach.ts";
import { type RunningExchange, startExchange } from "./testing/exchange.ts";

const address = (text: string, internal = false): NetworkInterfaceInfo =>
  ({ address: text, family: text.includes(":") ? "IPv6" : "IPv4", internal }) as never;
const MACHINE = {
  lo: [address("127.0.0.1", true), address("::1", true)],
  eth0: [address("fe80::1"), address("2001:db8::7"), address("169.254.0.9"), address("192.0.2.7")],
  docker0: [address("172.17.0.1")],
};
const SIX = { lo: MACHINE.lo, eth0: [address("fe80::1"), address("2001:db8::7")] };
const ALONE = { lo: MACHINE.lo };
const ANY = "http://127.0.0.1:80";

// --host | the machine's addresses | from here | from elsewhere | admin is reachable
const ROWS: [string, typeof MACHINE | typeof SIX | typeof ALONE, string, string | null, boolean][] =
  [
    ["127.0.0.1", MACHINE, ANY, null, true],
    ["localhost", MACHINE, "http://localhost:80", null, true],
    ["127.0.0.2", MACHINE, "http://127.0.0.2:80", null, true],
    ["::1", MACHINE, "http://[::1]:80", null, true],
    ["0.0.0.0", MACHINE, ANY, "http://192.0.2.7:80", true],
    ["0.0.0.0", ALONE, ANY, null, true],
    ["0.0.0.0", SIX, ANY, null, true], // nobody listens on those
    ["::", MACHINE, "http://[::1]:80", "http://192.0.2.7:80", true],
    ["::", SIX, "http://[::1]:80", "http://[2001:db8::7]:80", true],
    ["192.0.2.7", MACHINE, "http://192.0.2.7:80", "http://192.0.2.7:80", false],
    ["sole.example", MACHINE, "http://sole.example:80", "http://sole.example:80", false],
  ];
test.each(ROWS)("--host %s", (host, machine, here, elsewhere, isAdminServed) => {
  const isShared = elsewhere !== null || host === "0.0.0.0";
  expect(reachOf(host, 80, machine)).toEqual({ here, elsewhere, isShared, isAdminServed });
});

let exchange: RunningExchange | undefined;
const dir = mkdtempSync(join(tmpdir(), "solebook-reach-"));
afterEach(async () => {
  await exchange?.kill();
  rmSync(dir, { recursive: true, force: true });
});

test("before everyone, it prints what can be opened, and what cannot be done from afar", async () => {
  exchange = await startExchange(dir, ["--host", "0.0.0.0"]);
  const port = Number(new URL(exchange.url).port);
  const { elsewhere } = reachOf("0.0.0.0", port, networkInterfaces());
  expect(exchange.url).toBe(`http://127.0.0.1:${port}`);
  expect(readFileSync(join(dir, "url"), "utf8").trim()).toBe(exchange.url);
  expect(exchange.output()).not.toContain("0.0.0.0");
  expect(exchange.output()).toContain(`  others   ${elsewhere ?? "no address"}`);
  expect(exchange.output()).toContain("logging on needs HTTPS");
  for (const url of [exchange.url, elsewhere ?? exchange.url]) {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }
});
