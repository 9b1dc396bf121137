/** Secrets of keys as they are kept, and keys as older and damaged registries hold them. */
import { expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { LocalRegistry } from "./local.ts";
import { parseRegistry } from "./registry-file.ts";
import { Sealer } from "./sealer.ts";

const [OLD, NEW] = [randomBytes(32), randomBytes(32)];
const sealed = new Sealer([OLD]).seal("k_1", "the secret");
const changedAt = (at: number): string => {
  const [form, name, text = ""] = sealed.split(".");
  const bytes = Buffer.from(text, "base64url");
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return [form, name, bytes.toString("base64url")].join(".");
};

// What is done | the keys that are known | the API key's id | what is opened | what comes of it
const ROWS: [string, Buffer[], string, string, string | undefined][] = [
  ["as it was sealed", [OLD], "k_1", sealed, "the secret"],
  ["while the sealing key is exchanged", [NEW, OLD], "k_1", sealed, "the secret"],
  ["after it was exchanged", [NEW], "k_1", sealed, undefined],
  ["with no sealing key", [], "k_1", sealed, undefined],
  ["moved to another API key", [OLD], "k_2", sealed, undefined],
  ["the nonce changed", [OLD], "k_1", changedAt(0), undefined],
  ["the secret changed", [OLD], "k_1", changedAt(14), undefined],
  ["the seal changed", [OLD], "k_1", changedAt(-1), undefined],
  ["another form", [OLD], "k_1", sealed.replace("v1", "v2"), undefined],
  ["cut off", [OLD], "k_1", sealed.slice(0, 30), undefined],
  ["nothing", [OLD], "k_1", "", undefined],
];
test.each(ROWS)("%s", (_what, keys, id, text, opened) => {
  expect(new Sealer(keys).open(id, text)).toBe(opened);
});

test("one secret is never sealed alike twice, and a sealing key is of one length", () => {
  expect(new Sealer([OLD]).seal("k_1", "the secret")).not.toBe(sealed);
  expect(() => new Sealer([randomBytes(16)])).toThrow("32 bytes");
});

const KEY = {
  key: "k_1",
  account_id: 1,
  scopes: ["orders:write"],
  label: "",
  public_key: randomBytes(32).toString("base64url"),
  created_at: "2026-11-01T00:00:00.000000Z",
  revoked_at: null,
};
const fileWith = (key: object): string =>
  JSON.stringify({
    format: 1,
    accounts: [{ account_id: 1, name: "alice" }],
    keys: [key],
    products: [],
    instruments: [],
  });

test("a key of before there was anything to switch keeps trading, for ever and from anywhere", () => {
  const bounds = { shards: 1, seed: [], accountsMax: 8, instrumentsMax: 8 };
  const stored = parseRegistry(fileWith(KEY), "registry.json");
  const registry = new LocalRegistry(bounds, stored, () => {});
  expect(registry.key("k_1")).toMatchObject({
    trading: true,
    expiresMs: Infinity,
    addresses: null,
    proof: { kind: "ed25519" },
  });
  expect(registry.file().keys).toEqual([KEY]); // and is kept as it was
});

// What a damaged key says | why the start is refused
const DAMAGED: [object, RegExp][] = [
  [{ public_key: undefined }, /k_1 has not one way to sign/],
  [{ sealed_secret: sealed }, /k_1 has not one way to sign/],
  [{ expires_at: "soon" }, /k_1 expires at no time/],
  [{ addresses: ["everywhere"] }, /k_1 has addresses that are none/],
  [{ addresses: "10.0.0.1" }, /k_1 has addresses that are none/],
  [{ trading: "no" }, /k_1 neither trades nor does not/],
];
test.each(DAMAGED)("a registry whose key says %j refuses to start", (damage, words) => {
  expect(() => parseRegistry(fileWith({ ...KEY, ...damage }), "registry.json")).toThrow(words);
});
