/** `solebook key`: the keys traders log on with. */
import { readArguments } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import {
  type Admin,
  EXCHANGE_OPTIONS,
  EXCHANGE_USAGE,
  findExchange,
  makeAdmin,
} from "../exchange.ts";
import { createKey, createSecretKey, type Key, type KeySettings, SCOPES_DEFAULT } from "../keys.ts";

const DAY_MS = 24 * 3_600_000;

export const usage = `solebook key create --account NAME [--hmac [--idempotency-key TEXT]] [settings] [--json]
solebook key set KEY [settings] [--json]
solebook key list [--json]
solebook key revoke KEY [--json]

create makes an Ed25519 pair on this machine, and the account NAME when it is new. The exchange gets
the public half; the private half is printed here once, as base64 of its PKCS#8 form, and kept nowhere.
With --hmac the exchange makes a secret, shown here once, too, for signing REST with HMAC-SHA256; asked again
within a day with the same --idempotency-key, as after a lost answer, it is the same key and secret.
set changes what is named, on open connections, too; revoke closes the key's connections at once.

  --scopes     ${SCOPES_DEFAULT.join(",")} unless said otherwise
  --label      words to know the key by
  --trading    on or off: whether it may place and amend orders; create says on, as it is the
               operator who asks (a key made by the admin interface is off until it is switched on)
  --expires    a time such as 2027-01-31T00:00:00Z, a number of days such as 90d, or never
  --addresses  where it may be used from, such as 203.0.113.7,2001:db8::/32, or any
${EXCHANGE_USAGE}  --json       one line of JSON
`;

const JSON_OPTIONS = { ...EXCHANGE_OPTIONS, json: { type: "boolean" } } as const;

const SETTING_OPTIONS = {
  scopes: { type: "string" },
  label: { type: "string" },
  trading: { type: "string" },
  expires: { type: "string" },
  addresses: { type: "string" },
} as const;

const ACTIONS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  create,
  set,
  list,
  revoke,
};

export async function run(args: readonly string[]): Promise<void> {
  const [name = "", ...rest] = args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) {
    const given = name === "" ? "" : `, not "${name}"`;
    throw new UsageError(`key takes create, set, list or revoke${given}`);
  }
  await action(rest);
}

async function create(args: readonly string[]): Promise<void> {
  const { values } = readArguments(args, {
    options: {
      ...JSON_OPTIONS,
      ...SETTING_OPTIONS,
      account: { type: "string" },
      hmac: { type: "boolean" },
      "idempotency-key": { type: "string" },
    },
  });
  if (values.account === undefined) throw new UsageError("--account NAME is missing");
  const isHmac = values.hmac === true;
  const askedBy = values["idempotency-key"];
  if (askedBy !== undefined && !isHmac) {
    throw new UsageError("--idempotency-key goes with --hmac: a pair is made anew each time");
  }
  const settings = { scopes: SCOPES_DEFAULT, trading: true, ...readSettings(values) };
  const admin = makeAdmin(findExchange(values));
  const { key, account, scopes, told } = isHmac
    ? await makeSecret(admin, values.account, settings, askedBy)
    : await makePair(admin, values.account, settings);
  const [name, words] = isHmac ? ["secret", "secret"] : ["private_key", "private key"];
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ key, account, scopes, [name]: told })}\n`
      : `key          ${key}\naccount      ${account}\nscopes       ${scopes.join(" ")}\n` +
          `trading      ${settings.trading ? "on" : "off"}\n` +
          `${words.padEnd(12)} ${told}\n\nThe ${words} is shown this once.\n`,
  );
}

type Made = Omit<Key, "privateKey"> & { readonly told: string };

async function makePair(admin: Admin, account: string, settings: KeySettings): Promise<Made> {
  const { privateKey, ...made } = await createKey(admin, account, settings);
  const told = privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
  return { ...made, told };
}

async function makeSecret(
  admin: Admin,
  account: string,
  settings: KeySettings,
  name: string | undefined,
): Promise<Made> {
  const { secret, ...made } = await createSecretKey(admin, account, settings, name);
  return { ...made, told: secret };
}

async function set(args: readonly string[]): Promise<void> {
  const { values, words } = readArguments(args, {
    options: { ...JSON_OPTIONS, ...SETTING_OPTIONS },
    words: ["KEY"],
  });
  const settings = readSettings(values);
  if (Object.keys(settings).length === 0) {
    const names = Object.keys(SETTING_OPTIONS).map((name) => `--${name}`);
    throw new UsageError(`say what to change: ${names.join(", ")}`);
  }
  const path = `/v1/admin/keys/${encodeURIComponent(words[0]!)}`;
  const row = (await makeAdmin(findExchange(values)).post(path, settings)) as ListedKey;
  process.stdout.write(values.json ? `${JSON.stringify(row)}\n` : table([rowOf(row)]));
}

type SettingValues = { readonly [name in keyof typeof SETTING_OPTIONS]?: string | undefined };

function readSettings(values: SettingValues): KeySettings {
  const { scopes, label, trading, expires, addresses } = values;
  const list = (text: string): string[] => text.split(",").map((each) => each.trim());
  if (trading !== undefined && trading !== "on" && trading !== "off") {
    throw new UsageError(`--trading is on or off, not "${trading}"`);
  }
  return {
    ...(scopes === undefined ? {} : { scopes: list(scopes) }),
    ...(label === undefined ? {} : { label }),
    ...(trading === undefined ? {} : { trading: trading === "on" }),
    ...(expires === undefined ? {} : { expires_at: readExpiry(expires) }),
    ...(addresses === undefined ? {} : { addresses: addresses === "any" ? [] : list(addresses) }),
  };
}

function readExpiry(text: string): string | null {
  if (text === "never") return null;
  const days = /^([1-9]\d{0,3})d$/.exec(text)?.[1];
  if (days !== undefined) return new Date(Date.now() + Number(days) * DAY_MS).toISOString();
  if (!Number.isNaN(Date.parse(text)) && text.includes("T")) return text;
  throw new UsageError(
    `--expires is a time, a number of days such as 90d, or never, not "${text}"`,
  );
}

interface ListedKey {
  readonly key: string;
  readonly account: string;
  readonly scopes: readonly string[];
  readonly label?: string | null;
  readonly kind?: string;
  readonly created_at: string;
  readonly expires_at?: string | null;
  readonly addresses?: readonly string[];
  readonly trading?: boolean;
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
  const rows = listed.keys.map(rowOf);
  process.stdout.write(rows.length === 0 ? "no keys yet\n" : table(rows));
}

function rowOf(row: ListedKey): string[] {
  const { key, account, scopes, created_at: created, revoked_at: revoked } = row;
  const { kind, expires_at: expires = null, addresses = [], trading } = row;
  const time = (text: string): string => text.slice(0, 19);
  const limits = [
    ...(kind === "hmac" ? ["hmac"] : []),
    ...(trading === false ? ["trading off"] : []),
    ...(expires === null ? [] : [`until ${time(expires)}`]),
    ...(addresses.length === 0 ? [] : [`from ${addresses.join(" ")}`]),
    ...(revoked === null ? [] : [`revoked ${time(revoked)}`]),
  ];
  return [key, account, scopes.join(" "), time(created), limits.join(", "), row.label ?? ""];
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
