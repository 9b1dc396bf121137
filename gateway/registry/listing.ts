/**
 * Telling the engine what the registry knows: instruments and accounts that the replayed stream did
 * not contain, at start and when an operator adds them. Durable in the registry first, then told;
 * a crash between the two is mended here at the next start.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal } from "../../engine/client/shard-client.ts";
import {
  BEHAVIOUR_NEWEST,
  COMMAND_BYTES,
  COMMAND_I32,
  CommandFlag,
  CommandI32,
  CommandType,
  CommandU8,
  EVENT_BYTES,
  EVENT_I32,
  EventI32,
  type Events,
  EventType,
  EventU8,
  InstrumentState,
} from "../../engine/client/layouts.ts";
import { codeOfRefusal, codeOfReject, type Problem, Refused } from "../errors.ts";
import type { Market } from "../market-data/market.ts";
import type { Outcome, Pending } from "../orders/report.ts";
import type { ShardRoute } from "../orders/route.ts";
import type { Catalog, Instrument, Product } from "./catalog.ts";
import type { Account, Identity } from "./identity.ts";
import { termsOf } from "./product-spec.ts";

const RETRY_MS = 2;

type Fill = (u8At: number, i32At: number) => void;

/** An operator's command: a promise instead of an answer. */
class Told implements Pending {
  /** The quantity of the response. */
  readonly done: Promise<number>;
  #resolve!: (quantity: number) => void;
  #reject!: (error: Refused) => void;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  settle(outcome: Outcome): void {
    if (outcome.type !== EventType.REJECTED) return this.#resolve(outcome.quantity);
    this.#reject(new Refused({ code: codeOfReject(outcome.reason) }));
  }

  abandon(problem: Problem): void {
    this.#reject(new Refused(problem));
  }
}

export class Listing {
  readonly #routes: readonly ShardRoute[];
  readonly #market: Market;
  /** Accounts each shard has been told of. */
  readonly #accounts: readonly Set<number>[];
  /** Shards whose journal says by which rules it is to be read. */
  readonly #ruled = new Set<number>();

  constructor(routes: readonly ShardRoute[], market: Market) {
    this.#routes = routes;
    this.#market = market;
    this.#accounts = routes.map(() => new Set());
  }

  onEvent(shard: number, events: Events, index: number): void {
    const type = events.u8[index * EVENT_BYTES + EventU8.type]!;
    if (type === EventType.BEHAVIOUR_SET) this.#ruled.add(shard);
    if (type !== EventType.ACCOUNT_SET) return;
    this.#accounts[shard]!.add(events.i32[index * EVENT_I32 + EventI32.account]!);
  }

  /** Everything the registry has and the stream had not. Throws when the stream knows more. */
  async catchUp(identity: Identity, catalog: Catalog): Promise<void> {
    for (const accounts of this.#accounts) {
      for (const id of accounts) {
        if (identity.accountById(id) !== undefined) continue;
        throw new Error(
          `the journal names account ${id} and the registry does not know it: ` +
            "put back the registry.json that belongs to this journal",
        );
      }
    }
    await Promise.all(this.#routes.map((route) => this.#tellRules(route)));
    await Promise.all(identity.accounts().map((account) => this.tellAccount(account)));
    await this.tellInstruments(catalog.instruments());
  }

  /** A journal without a word on its rules has those of the first build; from here on it has ours. */
  async #tellRules(route: ShardRoute): Promise<void> {
    if (this.#ruled.has(route.client.shard)) return;
    await this.#tell(route, CommandType.SET_BEHAVIOUR, (_u8At, i32At) => {
      route.commands.i32[i32At + CommandI32.behaviour] = BEHAVIOUR_NEWEST;
    });
  }

  async tellAccount({ account_id: id }: Account): Promise<void> {
    await Promise.all(
      this.#routes.map(async (route, shard) => {
        if (this.#accounts[shard]!.has(id)) return;
        await this.#tell(route, CommandType.SET_ACCOUNT, (u8At, i32At) => {
          route.commands.u8[u8At + CommandU8.flags] = CommandFlag.ALLOWED;
          route.commands.i32[i32At + CommandI32.account] = id;
        });
      }),
    );
  }

  async tellInstruments(instruments: readonly Instrument[]): Promise<void> {
    const missing = instruments.filter(
      (instrument) => this.#market.feedById(instrument.instrument_id) === undefined,
    );
    await Promise.all(missing.map((instrument) => this.#tellInstrument(instrument)));
  }

  async setState(instrument: Instrument, state: InstrumentState): Promise<void> {
    const route = this.#routes[instrument.product.shard]!;
    await this.#tell(route, CommandType.SET_INSTRUMENT_STATE, (_u8At, i32At) => {
      route.commands.i32[i32At + CommandI32.instrument] = instrument.instrument_id;
      route.commands.i32[i32At + CommandI32.state] = state;
    });
  }

  async setBand(instrument: Instrument, lowTicks: number, highTicks: number): Promise<void> {
    const route = this.#routes[instrument.product.shard]!;
    await this.#tell(route, CommandType.SET_BAND, (_u8At, i32At) => {
      route.commands.i32[i32At + CommandI32.instrument] = instrument.instrument_id;
      route.commands.i32[i32At + CommandI32.bandLowTicks] = lowTicks;
      route.commands.i32[i32At + CommandI32.bandHighTicks] = highTicks;
    });
  }

  /** Concludes the auction of every size of the product that collects, or of one instrument; how many. */
  uncross(product: Product, instrument?: Instrument): Promise<number> {
    const route = this.#routes[product.shard]!;
    return this.#tell(route, CommandType.UNCROSS, (_u8At, i32At) => {
      const { i32 } = route.commands;
      if (instrument === undefined) i32[i32At + CommandI32.product] = product.product_id;
      else i32[i32At + CommandI32.instrument] = instrument.instrument_id;
    });
  }

  async #tellInstrument({ instrument_id: id, product }: Instrument): Promise<void> {
    const route = this.#routes[product.shard]!;
    const terms = termsOf(product.spec);
    await this.#tell(route, CommandType.LIST_INSTRUMENT, (_u8At, i32At) => {
      const { i32 } = route.commands;
      i32[i32At + CommandI32.instrument] = id;
      i32[i32At + CommandI32.product] = product.product_id;
      i32[i32At + CommandI32.bandLowTicks] = terms.bandLowTicks;
      i32[i32At + CommandI32.bandHighTicks] = terms.bandHighTicks;
      i32[i32At + CommandI32.quantityMax] = terms.quantityMax;
      i32[i32At + CommandI32.tickMinor] = terms.tickMinor;
      i32[i32At + CommandI32.state] = InstrumentState.CONTINUOUS;
      i32[i32At + CommandI32.referenceTicks] = terms.referenceTicks;
    });
  }

  /** Waits for room in the ring; any other refusal is the answer. */
  async #tell(route: ShardRoute, type: CommandType, fill: Fill): Promise<number> {
    let index = route.reserve();
    while (index < 0) {
      const refusal = route.refusal();
      if (refusal !== Refusal.RING_FULL && refusal !== Refusal.NONE) {
        throw new Refused({ code: codeOfRefusal(refusal) });
      }
      await sleep(RETRY_MS);
      index = route.reserve();
    }
    const told = new Told();
    route.commands.u8[index * COMMAND_BYTES + CommandU8.type] = type;
    fill(index * COMMAND_BYTES, index * COMMAND_I32);
    route.commit(index, told);
    return told.done;
  }
}
