/**
 * The form of registry.json, checked as strictly as it is written: ids dense from 1 and every
 * reference to something that is there. What does not hold refuses to start, in words.
 */
import { readNetworks } from "../addresses.ts";
import type { Product } from "./catalog.ts";
import type { Account, Guest } from "./identity.ts";

export interface StoredKey {
  readonly key: string;
  readonly account_id: number;
  readonly scopes: readonly string[];
  readonly label: string;
  /** Of Ed25519; of HMAC there is a sealed secret instead. */
  readonly public_key?: string;
  readonly sealed_secret?: string;
  readonly created_at: string;
  /** What it was made for, where that was to be done once. */
  readonly once?: string;
  /** The next three are missing in keys of before there were such: for ever, anywhere, and trading. */
  readonly expires_at?: string | null;
  readonly addresses?: readonly string[];
  readonly trading?: boolean;
  readonly revoked_at: string | null;
}

export interface RegistryFile {
  readonly format: 1;
  /** Ids of the journals that use these numbers, by shard; none before the first start was through. */
  readonly journals?: readonly string[];
  readonly accounts: readonly Account[];
  readonly keys: readonly StoredKey[];
  readonly products: readonly Product[];
  readonly instruments: readonly {
    readonly instrument_id: number;
    readonly product_id: number;
    readonly size: string;
  }[];
}

export class RegistryDamaged extends Error {
  constructor(path: string, what: string) {
    super(
      `${path} cannot be used: ${what}. Accounts, keys and symbols live in this file and the journal ` +
        "refers to them by number: put back a copy that belongs to this journal, do not delete it.",
    );
  }
}

export function parseRegistry(text: string, path: string): RegistryFile {
  let file: RegistryFile;
  try {
    file = JSON.parse(text) as RegistryFile;
  } catch (error) {
    throw new RegistryDamaged(path, `it is not whole JSON (${(error as Error).message})`);
  }
  const wrong = whatIsWrong(file);
  if (wrong !== undefined) throw new RegistryDamaged(path, wrong);
  return file;
}

function whatIsWrong(file: RegistryFile): string | undefined {
  if (typeof file !== "object" || file === null) return "it is not an object";
  if (file.format !== 1) return `its format is ${String(file.format)}, this version reads 1`;
  const { accounts, keys, products, instruments, journals = [] } = file;
  if (!Array.isArray(journals)) return "journals is not a list";
  for (const [name, list] of Object.entries({ accounts, keys, products, instruments })) {
    if (!Array.isArray(list)) return `${name} is not a list`;
  }
  const dense = (ids: readonly number[]): boolean => ids.every((id, at) => id === at + 1);
  if (!dense(accounts.map((each) => each.account_id))) return "account ids are not 1, 2, 3, …";
  if (accounts.some(({ guest }) => guest !== undefined && !isGuest(guest))) {
    return "an account was given to nobody who can be told";
  }
  if (!dense(products.map((each) => each.product_id))) return "product ids are not 1, 2, 3, …";
  if (!dense(instruments.map((each) => each.instrument_id))) {
    return "instrument ids are not 1, 2, 3, …";
  }
  if (keys.some((key) => accounts[key.account_id - 1] === undefined)) {
    return "a key belongs to an account that is not there";
  }
  for (const key of keys) {
    const wrong = whatIsWrongWithKey(key);
    if (wrong !== undefined) return `the key ${key.key} ${wrong}`;
  }
  for (const { product_id: productId, size, instrument_id: id } of instruments) {
    const product = products[productId - 1];
    if (product === undefined) return `instrument ${id} belongs to a product that is not there`;
    if (!product.spec.sizes.includes(size)) return `instrument ${id} has a size its product lacks`;
  }
  return undefined;
}

/** A key that says less than it should must not count as one that may do more. */
function whatIsWrongWithKey(key: StoredKey): string | undefined {
  const { public_key: publicKey, sealed_secret: sealed, expires_at: expiresAt = null } = key;
  if ((typeof publicKey === "string") === (typeof sealed === "string")) {
    return "has not one way to sign";
  }
  if (expiresAt !== null && Number.isNaN(Date.parse(expiresAt))) return "expires at no time";
  if (readNetworks(key.addresses ?? []) === undefined) return "has addresses that are none";
  if (![undefined, true, false].includes(key.trading)) return "neither trades nor does not";
  return undefined;
}

function isGuest({ holder, seen_at: seenAt }: Guest): boolean {
  return Number.isSafeInteger(holder) && holder > 0 && !Number.isNaN(Date.parse(seenAt));
}
