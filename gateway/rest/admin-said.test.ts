/** What an operator says and nobody here knows, or means otherwise: the answer tells, or refuses by its name. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { generateKeyPairSync } from "node:crypto";
import { JORDAN, startTestExchange, type TestExchange } from "../testing/exchange.ts";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange();
});
afterAll(() => exchange.stop());

const publicKey = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x;
const ALICE = { account: "alice", public_key: publicKey };
const STYLE = { ...JORDAN, style: "N1", sizes: ["US-9"] };
const SYMBOL = `${JORDAN.style}:US-10`;
const HALTED = { state: "halted" };

// What is posted | to where | what its answer says was ignored
test.each<[object, string, string[] | undefined]>([
  [{ ...ALICE, adresses: ["203.0.113.7"] }, "keys", ["adresses"]],
  [ALICE, "keys", undefined],
  [
    { ...STYLE, colour: "red", band: { low: "1.00", high: "9.00", hgih: "8.00" } },
    "products",
    ["colour", "band.hgih"],
  ],
  [{ ...STYLE, style: "N2" }, "products", undefined],
  [{ ...HALTED, until: "2027-01-01T00:00:00Z" }, `instruments/${SYMBOL}/state`, ["until"]],
  [{ ...HALTED, sizes: ["US-10"] }, `products/${JORDAN.style}/state`, ["sizes"]],
  [{ low: "1.00", high: "900.00", High: "9.00" }, `instruments/${SYMBOL}/band`, ["High"]],
  [{ band: null, low: "1.00" }, `instruments/${SYMBOL}/band`, undefined],
])("%j to %s: ignored are %j", async (body, path, ignored) => {
  const answer = await exchange.admin("POST", path, body);
  expect([200, 201]).toContain(answer.status);
  expect(answer.body.ignored).toEqual(ignored);
});

test("a change of a key, too", async () => {
  const { key } = (await exchange.admin("POST", "keys", ALICE)).body;
  const answer = await exchange.admin("POST", `keys/${key as unknown as string}`, { trade: true });
  expect(answer).toMatchObject({ status: 200, body: { trading: false, ignored: ["trade"] } });
});

// A key that is asked for | what its refusal says
test.each([
  [{ ...ALICE, kind: "hmac" }, /no public_key.* Leave it out, or ask for ed25519/],
  [{ account: "alice", kind: "ed25519" }, /Give the public_key .* or ask for kind hmac/],
  [{ account: "alice" }, /Give the public_key .* or ask for kind hmac/],
  [{ account: "alice", public_key: "AAAA" }, /is base64url of 32 raw Ed25519 bytes/],
])("the key %j is refused", async (body, sentence) => {
  const keys = async () => (await exchange.admin("GET", "keys")).body.keys;
  const before = await keys();
  expect(await exchange.admin("POST", "keys", body)).toMatchObject({
    status: 400,
    body: { code: "VALIDATION", param: "public_key", detail: expect.stringMatching(sentence) },
  });
  expect(await keys()).toEqual(before);
});
