/** Addresses and networks as they are written, and whose request one is behind proxies. */
import { expect, test } from "@jest/globals";
import { addressText, clientAddress, rateName, readNetworks } from "./addresses.ts";

// The bytes of a peer | its address
const PEERS: [number[], string][] = [
  [[203, 0, 113, 7], "203.0.113.7"],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 203, 0, 113, 7], "203.0.113.7"],
  [[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "2001:db8:0:0:0:0:0:1"],
  [[], ""],
];
test.each(PEERS)("%j is %s", (bytes, text) => {
  expect(addressText(Uint8Array.from(bytes))).toBe(text);
});

// Networks | an address | whether it is in them; undefined: they are none
const NETWORKS: [string[], string, boolean | undefined][] = [
  [[], "203.0.113.7", false],
  [["203.0.113.7"], "203.0.113.7", true],
  [["203.0.113.7"], "203.0.113.8", false],
  [["203.0.113.0/24"], "203.0.113.255", true],
  [["203.0.113.0/24"], "203.0.114.0", false],
  [["203.0.113.0/25", "2001:db8::/32"], "2001:db8:0:0:0:0:0:1", true],
  [["2001:db8::/33"], "2001:db8:8000::1", false],
  [["2001:db8::1"], "2001:db8:0:0:0:0:0:1", true],
  [["0.0.0.0/1"], "not an address", false],
  [["0.0.0.0/1"], "", false],
  [["0.0.0.0/0"], "", undefined],
  [["::/0"], "", undefined],
  [["203.0.113.0/33"], "", undefined],
  [["203.0.113.0/"], "", undefined],
  [["203.0.113.0/2/4"], "", undefined],
  [["203.0.113"], "", undefined],
  [["fe80::1%eth0"], "", undefined],
  [["localhost"], "", undefined],
];
test.each(NETWORKS)("%j has %s: %s", (list, address, has) => {
  expect(readNetworks(list)?.has(address)).toBe(has);
});
test.each([undefined, null, "203.0.113.7", [4], Array.from({ length: 101 }, () => "::1")])(
  "%j is no list of networks",
  (list) => expect(readNetworks(list)).toBeUndefined(),
);

// The peer | X-Forwarded-For | whose request it is, behind proxies at 10.0.0.0/8 and 2001:db8::5
const FORWARDED: [string, string, string][] = [
  ["198.51.100.1", "", "198.51.100.1"],
  ["198.51.100.1", "203.0.113.7", "198.51.100.1"], // nobody's proxy
  ["10.0.0.1", "", "10.0.0.1"],
  ["10.0.0.1", "203.0.113.7", "203.0.113.7"],
  ["10.0.0.1", "192.0.2.1, 203.0.113.7", "203.0.113.7"], // what the client wrote itself stands in front
  ["10.0.0.1", "192.0.2.1,203.0.113.7,10.9.9.9", "203.0.113.7"],
  ["2001:db8:0:0:0:0:0:5", "2001:DB8:1::2", "2001:db8:1:0:0:0:0:2"],
  ["10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"],
  ["10.0.0.1", "10.0.0.2", "10.0.0.2"],
  ["10.0.0.1", "unknown", ""],
  ["10.0.0.1", "203.0.113.7:8080", ""],
  ["10.0.0.1", ",", ""],
  ["10.0.0.1", `${"203.0.113.7,".repeat(200)}203.0.113.7`, ""],
];
test.each(FORWARDED)("%s with '%s' is %s", (peer, header, client) => {
  const trusted = readNetworks(["10.0.0.0/8", "2001:db8::5"])!;
  expect(clientAddress(peer, header, trusted)).toBe(client);
});

test("addresses of one IPv6 network share a limit, IPv4 addresses do not", () => {
  expect(rateName("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(rateName("2001:db8:1:2::9")).toBe("2001:db8:1:2::/64");
  expect(rateName("203.0.113.7")).toBe("203.0.113.7");
});
