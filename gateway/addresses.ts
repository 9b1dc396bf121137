/**
 * Where a request comes from: one written form per address, lists of networks (CIDR, both families), and
 * which of a proxy's words are believed. An address that came through a proxy counts only as far as
 * every proxy on the way back to us is one the operator named.
 */
import { BlockList, isIP } from "node:net";

/** Longest header that is looked into; what is longer was not written by a proxy of ours. */
const FORWARDED_CHARS_MAX = 1_024;
const NETWORKS_MAX = 100;

export interface Networks {
  /** As they were written. */
  readonly written: readonly string[];
  has(address: string): boolean;
}

/** The text of a peer's address: dotted for IPv4, also when it comes as IPv6. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return "";
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0);
  if (isMapped && bytes[10] === 255 && bytes[11] === 255) return bytes.subarray(12).join(".");
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at]! << 8) | bytes[at + 1]!).toString(16));
  return groups.join(":");
}

/** Undefined when it is no list of addresses and networks, such as `10.0.0.0/8` or `2001:db8::1`. */
export function readNetworks(list: unknown): Networks | undefined {
  if (!Array.isArray(list) || list.length > NETWORKS_MAX) return undefined;
  const block = new BlockList();
  for (const each of list as unknown[]) {
    if (typeof each !== "string" || !addNetwork(block, each)) return undefined;
  }
  const written = list as string[];
  return {
    written,
    has: (address) => {
      const version = isIP(address);
      return version !== 0 && block.check(address, version === 4 ? "ipv4" : "ipv6");
    },
  };
}

export const NOWHERE: Networks = readNetworks([])!;

function addNetwork(block: BlockList, text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || more.length > 0) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) {
    block.addAddress(address, family);
    return true;
  }
  const bitsMax = version === 4 ? 32 : 128;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > bitsMax) return false;
  // Everybody's network, and a slip of the finger in all but name: say no list instead.
  if (Number(bits) === 0) return false;
  block.addSubnet(address, Number(bits), family);
  return true;
}

/**
 * Whose request it is: the peer's, or, when the peer is a proxy the operator trusts, the last address
 * of `X-Forwarded-For` that is none. What such a proxy did not write well is nobody's address.
 */
export function clientAddress(peer: string, forwardedFor: string, trusted: Networks): string {
  if (forwardedFor === "" || !trusted.has(peer)) return peer;
  if (forwardedFor.length > FORWARDED_CHARS_MAX) return "";
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  for (const hop of hops.toReversed()) {
    if (isIP(hop) === 0) return "";
    const address = canonical(hop);
    if (!trusted.has(address)) return address;
  }
  return canonical(hops[0]!);
}

/** Whose share of a limit it is: an IPv6 network of /64 is one household's, as an IPv4 address is. */
export function rateName(address: string): string {
  return isIP(address) === 6
    ? `${canonical(address).split(":").slice(0, 4).join(":")}::/64`
    : address;
}

/** All eight groups of an IPv6 address, without zeros in front; IPv4 as it is. */
function canonical(address: string): string {
  if (isIP(address) !== 6) return address;
  const plain = address.split("%")[0]!;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  const [, head = "", ...bytes] = dotted ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  const hex = (value: number): string => value.toString(16);
  const text = dotted === null ? plain : `${head}${hex((a << 8) | b)}:${hex((c << 8) | d)}`;
  const [before = "", after] = text.split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  const groups = [...left, ...(after === undefined ? [] : zeros), ...right];
  const numbers = groups.map((group) => Number.parseInt(group, 16));
  return addressText(Uint8Array.from(numbers.flatMap((number) => [number >> 8, number & 255])));
}
