// The command as a stranger meets it: help, slips of the finger, and what the exit codes say.
import { afterAll, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nearest } from "./arguments.ts";
import { solebook } from "./testing/command.ts";
import { VERBS } from "./verbs.ts";

const dir = mkdtempSync(join(tmpdir(), "solebook-main-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const csv = join(dir, "sales.csv");
writeFileSync(
  csv,
  "order_date,brand,sneaker_name,sale_price_cents,retail_price_cents,release_date,shoe_size\n",
);

test("help shows every verb, and each verb's page says what it takes", async () => {
  const { status, stdout, stderr } = await solebook([]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const name of Object.keys(VERBS)) expect(stdout).toContain(`  ${name}`);
  for (const { summary } of Object.values(VERBS)) expect(stdout).toContain(summary);
  for (const [name, entry] of Object.entries(VERBS)) {
    const { usage } = await entry.load();
    expect(usage).toMatch(new RegExp(`^solebook ${name} `));
    expect(usage.endsWith("\n")).toBe(true);
    for (const line of usage.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
  }
});

test.each([
  [["help"], /^solebook VERB/],
  [["--help"], /^solebook VERB/],
  [["help", "match"], /^solebook match FILE/],
  [["match", "--help"], /^solebook match FILE/],
  [["--version"], /^solebook \d+\.\d+\.\d+/],
])("%j is answered on the standard output", async (args, words) => {
  const { status, stdout, stderr } = await solebook(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(words);
});

test("the overview promises of the journal what its page says: the exchange may run", async () => {
  const { stdout } = await solebook(["help"]);
  expect(stdout).toMatch(/^ {2}journal .*, also while the exchange runs$/m);
});

test.each([
  [["mach"], `no verb "mach"; did you mean "match"?`],
  [
    ["frobnicate"],
    `no verb "frobnicate"; there is up, engine, match-stream, gateway, key, import-sales, match, journal, snapshot, replay, doctor, help`,
  ],
  [["toString"], `no verb "toString"; there is`],
  [["--loud"], `no flag "--loud"; there is`],
  [["help", "match", "more"], `"more" is one word too many`],
  [["match"], "FILE (or -) is missing"],
  [["match", "a", "b"], `"b" is one word too many`],
  [["match", "--quite", "-"], "no flag --quite; did you mean --quiet?"],
  [["match", "--zzz", "-"], "no flag --zzz; there is --quiet"],
  [["key"], "key takes create, set, list or revoke"],
  [["key", "make"], `key takes create, set, list or revoke, not "make"`],
  [["key", "create"], "--account NAME is missing"],
  [
    ["key", "create", "--account", "a", "--idempotency-key", "n"],
    "--idempotency-key goes with --hmac: a pair is made anew each time",
  ],
  [["key", "create", "--account"], "argument missing"],
  [["key", "revoke"], "KEY is missing"],
  [["key", "set", "k_1"], "say what to change: --scopes, --label, --trading"],
  [["key", "set", "k_1", "--trading", "yes"], `--trading is on or off, not "yes"`],
  [
    ["key", "create", "--account", "a", "--expires", "soon"],
    "--expires is a time, a number of days",
  ],
  [["key", "list", "--url", "nonsense"], "--url is like http://127.0.0.1:8787"],
  [["import-sales"], "FILE is missing"],
  [["import-sales", csv, "--run-id", "x"], "--run-id is the seven letters and digits"],
  [["snapshot"], "snapshot takes list, verify or create"],
  [["snapshot", "verify", "--sequence", "0"], "--sequence is a whole number from 1"],
  [["up", "--snapshot-every", "often"], "--snapshot-every is a whole number from 0"],
  [["journal"], "journal takes verify, inspect or tail"],
  [["journal", "tail", "--lines", "-1"], "--lines"],
  [["replay", "--with", "x"], "--with goes with --diff"],
  [["replay", "--from", "9", "--to", "8"], "--to is before --from"],
  [["doctor", "--port", "0"], "--port is a whole number from 1 to 65535"],
  [["journal", "verify", "--shard", "x"], `--shard is a whole number from 0 to 63, not "x"`],
  [["journal", "inspect", "--from", "0"], "--from is a whole number from 1"],
  [["up", "--port", "99999"], "--port is a whole number from 0 to 65535"],
])("asked wrongly, %j exits 2 and says what would be right", async (args, words) => {
  const { status, stdout, stderr } = await solebook(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(words);
  expect(stderr).toContain("See `solebook help");
});

const NOBODY = ["--url", "http://127.0.0.1:65533", "--data", dir];

test.each([
  [["match", join(dir, "none")], "there is no file"],
  [["match", dir], "is a folder"],
  [["import-sales", join(dir, "none.csv.gz")], "there is no file"],
  [["import-sales", csv, "--run-id", "abcdefg"], "that is over"],
  [["key", "list", "--data", join(dir, "none")], "there is no admin.token in"],
  [["journal", "verify", "--data", dir], "there is no journal in"],
  [["journal", "tail", "--data", dir], "there is no journal in"],
  [["snapshot", "create", "--data", dir], "there is no journal in"],
  [["snapshot", "list", "--data", join(dir, "none")], "there is no data directory"],
  [["snapshot", "verify", "--data", dir], "there is no such snapshot in"],
  [["replay", "--data", dir], "there is no journal in"],
])("asked well, what cannot be done exits 1 in one sentence: %j", async (args, words) => {
  const { status, stdout, stderr } = await solebook(args);
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("    at ");
});

test("nobody listening is one sentence, and where it came from only on request", async () => {
  writeFileSync(join(dir, "admin.token"), "token");
  const plain = await solebook(["key", "list", ...NOBODY]);
  expect(plain).toMatchObject({
    status: 1,
    stderr: "solebook key: no exchange answers at http://127.0.0.1:65533 (ECONNREFUSED)\n",
  });
  const debug = await solebook(["key", "list", ...NOBODY], { env: { SOLEBOOK_DEBUG: "1" } });
  expect(debug.stderr).toContain("    at ");
});

test("match answers a stream line by line, whatever its last line ends with", async () => {
  const input = `{"op":"limit","id":"a","side":"buy","px":9,"qty":1}\nnonsense\n{"op":"book"}`;
  const { status, stdout, stderr } = await solebook(["match", "-"], { input });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.split("\n")).toEqual([
    `{"ok":true,"trades":[],"rests":1,"canceled":0,"stpCanceled":[]}`,
    `{"ok":false,"code":"MALFORMED","line":2,"message":"not JSON"}`,
    `{"bids":[[9,1,1]],"asks":[]}`,
    "",
  ]);
});

test("match reads files of many chunks, and --quiet says only how it went", async () => {
  const file = join(dir, "many.jsonl");
  const lines = Array.from({ length: 20_000 }, (_, n) =>
    JSON.stringify({ op: "limit", id: `o${n}`, side: n % 2 ? "sell" : "buy", px: 10, qty: 3 }),
  );
  lines.push("x".repeat(2_000_000));
  writeFileSync(file, `${lines.join("\n")}\n`);
  const quiet = await solebook(["match", "--quiet", file]);
  expect(quiet.stdout).toMatch(
    /^\{"commands":20000,"malformed":1,"trades":10000,"qty":30000,"qty_px":300000,"state_hash":"[0-9a-f]{16}"\}\n$/,
  );
  const full = await solebook(["match", file]);
  const answers = full.stdout.trimEnd().split("\n");
  expect(answers).toHaveLength(20_001);
  expect(answers.at(-2)).toContain(`"trades":[["o19998",10,3]]`);
  expect(answers.at(-1)).toContain(`"line":20001,"message":"longer than 1048576 bytes"`);
});

test.each([
  ["mach", "match"],
  ["imprt-sales", "import-sales"],
  ["import", "import-sales"],
  ["u", "up"],
  ["zebra", undefined],
])("the verb nearest to %j is %j", (text, verb) => {
  expect(nearest(text, Object.keys(VERBS))).toBe(verb);
});
