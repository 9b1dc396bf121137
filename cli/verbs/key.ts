/** `solebook key`: the keys traders log on with. */
import { readArguments } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { EXCHANGE_OPTIONS, EXCHANGE_USAGE, findExchange, makeAdmin } from "../exchange.ts";
import { createKey, SCOPES_DEFAULT } from "../keys.ts";

export const usage = `solebook key create --account NAME [--scopes A,B] [--label TEXT] [--json]
solebook key list [--json]
solebook key revoke KEY [--json]

create makes an Ed25519 pair on this machine, and the account NAME when it is new. The exchange gets
the public half; the private half is printed here once, as base64 of its PKCS#8 form, and kept nowhere.
revoke takes effect at once and closes the key's connections.

  --scopes     ${SCOPES_DEFAULT.join(",")} unless said otherwise
  --label      words to know the key by
${EXCHANGE_USAGE}  --json       one line of JSON
`;

const JSON_OPTIONS = { ...EXCHANGE_OPTIONS, json: { type: "boolean" } } as const;

const ACTIONS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  create,
  list,
  revoke,
};

export async function run(args: readonly string[]): Promise<void> {
  const [name = "", ...rest] = args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    const given = name === "" ? "" : `, not "${name}"`;
    throw new UsageError(`key takes create, list or revoke${given}`);
  }
  await action(rest);
}

async function create(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      ...JSON_OPTIONS,
      account: { type: "string" },
      scopes: { type: "string" },
      label: { type: "string" },
    },
  });
  if (values.account === undefined) throw new UsageError("--account NAME is missing");
  const scopes = values.scopes?.split(",").map((scope) => scope.trim()) ?? SCOPES_DEFAULT;
  const admin = makeAdmin(findExchange(values));
  const made = await createKey(admin, values.account, scopes, values.label);
  const secret = made.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
  const { key, account } = made;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ key, account, scopes: made.scopes, private_key: secret })}\n`
      : `key          ${key}\naccount      ${account}\nscopes       ${made.scopes.join(" ")}\n` +
          `private key  ${secret}\n\nThe private key is shown this once and kept nowhere.\n`,
  );
}

interface ListedKey {
  readonly key: string;
  readonly account: string;
  readonly scopes: readonly string[];
  readonly label?: string | null;
  readonly created_at: string;
  readonly revoked_at: string | null;
}

async function list(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, { options: JSON_OPTIONS });
  const admin = makeAdmin(findExchange(values));
  const listed = (await admin.get("/v1/admin/keys")) as { readonly keys: readonly ListedKey[] };
  if (values.json) {
    process.stdout.write(`${JSON.stringify(listed)}\n`);
    return;
  }
  const rows = listed.keys.map(({ key, account, scopes, label, created_at, revoked_at }) => [
    key,
    account,
    scopes.join(" "),
    created_at.slice(0, 19),
    revoked_at === null ? "" : `revoked ${revoked_at.slice(0, 19)}`,
    label ?? "",
  ]);
  process.stdout.write(rows.length === 0 ? "no keys yet\n" : table(rows));
}

async function revoke(args: readonly string[]): Promise<void> {
  const { values, words } = readArguments(args, { options: JSON_OPTIONS, words: ["KEY"] });
  const key = words[0]!;
  await makeAdmin(findExchange(values)).remove(`/v1/admin/keys/${encodeURIComponent(key)}`);
  process.stdout.write(
    values.json ? `${JSON.stringify({ key, revoked: true })}\n` : `revoked ${key}\n`,
  );
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd();
  return `${rows.map(line).join("\n")}\n`;
}
