/**
 * The local registry: accounts, keys, products and instruments in one file of the data directory,
 * until identity and catalog are services of their own. It implements both of their interfaces.
 *
 * Ids are dense, from 1, never reused, and on disk before anybody else hears of them. The file is
 * replaced as a whole: written beside, synced, renamed, directory synced. What cannot be read
 * refuses to start; it is never begun anew beside a journal that knows other ids.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Refused } from "../errors.ts";
import { nowUs, writeTime } from "../written-forms.ts";
import type { Catalog, Instrument, Product, ProductSpec } from "./catalog.ts";
import type {
  Account,
  ApiKey,
  Guest,
  Identity,
  KeyChange,
  KeyRequest,
  KeyRow,
  NewKey,
} from "./identity.ts";
import { changed, isSameKey, KeyTable } from "./key-table.ts";
import { readProductSpec } from "./product-spec.ts";
import { parseRegistry, type RegistryFile, type StoredKey } from "./registry-file.ts";
import type { Sealer } from "./sealer.ts";

const FILE = "registry.json";

/** What a registry may hold, wherever it is kept. */
export interface RegistryBounds {
  readonly shards: number;
  /** Products of the very first start, in the same write that makes the file. */
  readonly seed: readonly ProductSpec[];
  readonly accountsMax: number;
  readonly instrumentsMax: number;
  /** For secrets of HMAC keys; without one there are none. */
  readonly sealer?: Sealer;
}

export interface RegistryOptions extends RegistryBounds {
  readonly dataDir: string;
}

/** No more ids: refused by name at the border. */
export class RegistryFull extends Error {}

export class SecretsUnreadable extends Error {
  constructor(key: string) {
    super(
      `the secret of key ${key} cannot be opened: SOLEBOOK_SECRETS_KEY is not the one it was sealed ` +
        "with. Name that one, too (the new one first, a comma between), or revoke the key.",
    );
  }
}

export function openLocalRegistry(options: RegistryOptions): LocalRegistry {
  const path = join(options.dataDir, FILE);
  let text: string | undefined;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const registry = new LocalRegistry(
    options,
    text === undefined ? undefined : parseRegistry(text, path),
    (file) => replaceFile(options.dataDir, FILE, `${JSON.stringify(file, null, 1)}\n`),
  );
  if (text === undefined) registry.seed(options.seed);
  registry.checkSecrets();
  return registry;
}

export class LocalRegistry implements Identity, Catalog {
  readonly #options: RegistryBounds;
  readonly #keep: (file: RegistryFile) => void;
  readonly #accounts: Account[] = [];
  readonly #accountByName = new Map<string, Account>();
  readonly #keys: KeyTable;
  readonly #products: Product[] = [];
  readonly #productByStyle = new Map<string, Product>();
  readonly #instruments: Instrument[] = [];
  readonly #instrumentBySymbol = new Map<string, Instrument>();
  #journals: readonly string[] = [];
  readonly #keyListeners: ((key: string) => void)[] = [];

  /** `keep` makes what it is given durable, or throws. */
  constructor(
    options: RegistryBounds,
    stored: RegistryFile | undefined,
    keep: (file: RegistryFile) => void,
  ) {
    this.#options = options;
    this.#keep = keep;
    this.#keys = new KeyTable((id) => this.#accounts[id - 1]!, options.sealer);
    if (stored !== undefined) this.#load(stored);
  }

  seed(specs: readonly ProductSpec[]): void {
    for (const spec of specs) this.#keepProduct(readProductSpec({ ...spec }));
    this.#write();
  }

  /** The journal of `shard` that knows these numbers; undefined until one was bound. */
  journalId(shard: number): string | undefined {
    return this.#journals[shard];
  }

  /**
   * Remembers which journal refers to these accounts and instruments, once what was listed stands in
   * it: another one beside this file would be somebody else's orders under the same numbers.
   */
  bindJournals(ids: readonly string[]): void {
    if (ids.every((id, shard) => this.#journals[shard] === id)) return;
    const before = this.#journals;
    this.#journals = ids;
    this.#writeOr(() => {
      this.#journals = before;
    });
  }

  /** Refuses in words to begin with keys that could not be used. */
  checkSecrets(): void {
    const [key] = this.#keys.unreadable();
    if (key !== undefined) throw new SecretsUnreadable(key);
  }

  key(id: string): ApiKey | undefined {
    return this.#keys.usable(id);
  }

  keys(): readonly KeyRow[] {
    return this.#keys.all().map((key) => this.#keys.row(key));
  }

  accounts(): readonly Account[] {
    return this.#accounts;
  }

  accountById(id: number): Account | undefined {
    return this.#accounts[id - 1];
  }

  async openAccount(name: string, guest?: Guest): Promise<Account> {
    const known = this.#accountByName.get(name);
    if (known !== undefined) return known;
    const id = this.#accounts.length + 1;
    if (id >= this.#options.accountsMax)
      throw new RegistryFull("no more accounts can be kept here");
    const account: Account = { account_id: id, name, ...(guest === undefined ? {} : { guest }) };
    this.#keepAccount(account);
    this.#writeOr(() => {
      this.#accounts.pop();
      this.#accountByName.delete(name);
    });
    return account;
  }

  async keepGuests(guests: ReadonlyMap<number, Guest>): Promise<void> {
    const before = [...guests.keys()].map((id) => this.#accounts[id - 1]!);
    for (const account of before) {
      this.#keepAccount({ ...account, guest: guests.get(account.account_id)! });
    }
    this.#writeOr(() => {
      for (const account of before) this.#keepAccount(account);
    });
  }

  async addKey(request: KeyRequest): Promise<NewKey> {
    const made = this.#keys.madeFor(request.once);
    if (made !== undefined) return { row: this.#keys.row(made.stored), secret: made.secret };
    const account = this.#accountByName.get(request.account)!;
    const { stored, secret } = this.#keys.make(request, account.account_id);
    this.#keys.keep(stored);
    this.#writeOr(() => this.#keys.forget(stored.key));
    return { row: this.#keys.row(stored), secret };
  }

  async changeKey(id: string, change: KeyChange): Promise<KeyRow | undefined> {
    const stored = this.#keys.stored(id);
    if (stored === undefined || stored.revoked_at !== null) return undefined;
    return this.#replaceKey(stored, changed(stored, change));
  }

  async revokeKey(id: string): Promise<KeyRow | undefined> {
    const stored = this.#keys.stored(id);
    if (stored === undefined) return undefined;
    if (stored.revoked_at !== null) return this.#keys.row(stored);
    return this.#replaceKey(stored, { ...stored, revoked_at: writeTime(nowUs()) });
  }

  onKeyChanged(listener: (key: string) => void): void {
    this.#keyListeners.push(listener);
  }

  products(): readonly Product[] {
    return this.#products;
  }

  instruments(): readonly Instrument[] {
    return this.#instruments;
  }

  product(style: string): Product | undefined {
    return this.#productByStyle.get(style);
  }

  instrument(symbol: string): Instrument | undefined {
    return this.#instrumentBySymbol.get(symbol);
  }

  instrumentById(id: number): Instrument | undefined {
    return this.#instruments[id - 1];
  }

  async addProduct(spec: ProductSpec): ReturnType<Catalog["addProduct"]> {
    const known = this.#productByStyle.get(spec.style);
    if (known !== undefined) {
      const param = differs(known.spec, spec);
      if (param !== undefined) return { outcome: "conflict", param };
      if (spec.sizes.every((size) => known.spec.sizes.includes(size))) {
        return { outcome: "same", instruments: this.#ofStyle(spec.style) };
      }
    }
    const before = this.#instruments.length;
    this.#keepProduct(spec);
    this.#writeOr(() => this.#undoProduct(known, spec.style, before));
    const outcome = known === undefined ? "created" : "same";
    return { outcome, instruments: this.#ofStyle(spec.style) };
  }

  #ofStyle(style: string): Instrument[] {
    return this.#instruments.filter((each) => each.product.spec.style === style);
  }

  #load(stored: RegistryFile): void {
    this.#journals = stored.journals ?? [];
    for (const account of stored.accounts) this.#keepAccount(account);
    for (const key of stored.keys) this.#keys.keep(key);
    for (const product of stored.products) {
      this.#products.push(product);
      this.#productByStyle.set(product.spec.style, product);
    }
    for (const { product_id: productId, size } of stored.instruments) {
      this.#keepInstrument(this.#products[productId - 1]!, size);
    }
  }

  #keepAccount(account: Account): void {
    this.#accounts[account.account_id - 1] = account;
    this.#accountByName.set(account.name, account);
  }

  #replaceKey(before: StoredKey, after: StoredKey): KeyRow {
    const row = this.#keys.row(after);
    this.#keys.keep(after);
    this.#writeOr(() => this.#keys.keep(before));
    if (isSameKey(this.#keys.row(before), row)) return row;
    for (const listener of this.#keyListeners) listener(after.key);
    return row;
  }

  /** A new product, or a known one with the sizes of `spec` added. */
  #keepProduct(spec: ProductSpec): void {
    const known = this.#productByStyle.get(spec.style);
    const had = known?.spec.sizes ?? [];
    const added = spec.sizes.filter((size) => !had.includes(size));
    if (this.#instruments.length + added.length >= this.#options.instrumentsMax - 1) {
      throw new RegistryFull("no more instruments can be kept here");
    }
    const id = known?.product_id ?? this.#products.length + 1;
    const product: Product = {
      product_id: id,
      shard: known?.shard ?? id % this.#options.shards,
      spec: { ...spec, ...known?.spec, sizes: [...had, ...added] },
    };
    this.#products[id - 1] = product;
    this.#productByStyle.set(spec.style, product);
    for (const size of added) this.#keepInstrument(product, size);
  }

  #keepInstrument(product: Product, size: string): void {
    const instrument: Instrument = {
      instrument_id: this.#instruments.length + 1,
      symbol: `${product.spec.style}:${size}`,
      size,
      product,
    };
    this.#instruments.push(instrument);
    this.#instrumentBySymbol.set(instrument.symbol, instrument);
  }

  #undoProduct(known: Product | undefined, style: string, instrumentsBefore: number): void {
    for (const gone of this.#instruments.splice(instrumentsBefore)) {
      this.#instrumentBySymbol.delete(gone.symbol);
    }
    if (known === undefined) {
      this.#products.pop();
      this.#productByStyle.delete(style);
    } else {
      this.#products[known.product_id - 1] = known;
      this.#productByStyle.set(style, known);
    }
  }

  #writeOr(undo: () => void): void {
    try {
      this.#write();
    } catch (error) {
      undo();
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      // The disk's trouble (ENOSPC, EDQUOT, EIO, …), not ours: nothing was kept, it may be asked again.
      const message = `The registry could not be written (${code}); look after its disk, then send it again.`;
      throw new Refused({ code: "REGISTRY_WRITE_FAILED", message }, error);
    }
  }

  /** Durable when it returns. Blocking on purpose: rare, small, and ids follow one another. */
  #write(): void {
    this.#keep(this.file());
  }

  /** All of it, in the form that is kept. */
  file(): RegistryFile {
    return {
      format: 1,
      journals: this.#journals,
      accounts: this.#accounts,
      keys: this.#keys.all(),
      products: this.#products,
      instruments: this.#instruments.map(({ instrument_id, product, size }) => ({
        instrument_id,
        product_id: product.product_id,
        size,
      })),
    };
  }
}

/** The first parameter, sizes apart, in which two products differ. */
function differs(known: ProductSpec, asked: ProductSpec): string | undefined {
  const plain = ["brand", "model", "colourway", "retail_price", "release_date", "tick"] as const;
  for (const param of [...plain, "currency"] as const) {
    if (known[param] !== asked[param]) return param;
  }
  const sameBand = known.band?.low === asked.band?.low && known.band?.high === asked.band?.high;
  return sameBand ? undefined : "band";
}

function replaceFile(dir: string, name: string, text: string): void {
  const path = join(dir, name);
  const fresh = `${path}.new`;
  const bytes = Buffer.from(text);
  const file = openSync(fresh, "w", 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
  if (process.platform === "win32") return; // a folder cannot be opened there, nor needs to be
  const folder = openSync(dir, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
