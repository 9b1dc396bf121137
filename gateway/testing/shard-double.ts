/**
 * A shard client for tests without threads or files: the real core, driven in this process, its
 * journal an array. It keeps the contract of ShardClient, recovery included: a double made from
 * another's journal tells everything again before it is ready. It proves nothing about durability.
 */
import {
  Refusal,
  type ShardClient,
  type ShardListener,
  type ShardStats,
} from "../../engine/client/shard-client.ts";
import type { StoredEvents } from "../../engine/client/stored-events.ts";
import * as core from "../../engine/core/index.ts";

const CAPACITY = 4_096;
const EVENTS = core.EVENTS_PER_COMMAND_MAX;
const CLOCK_MS = 5;
const SIZES = { accountsMax: 64, instrumentsMax: 512, ordersMax: 65_536, idsMax: 131_072 };

export class ShardDouble implements ShardClient {
  readonly shard: number;
  readonly commands = core.makeCommands(CAPACITY);
  readonly core = core.makeShard(SIZES);
  /** Commands applied, as bytes: what a journal would hold. */
  readonly journal: Uint8Array[] = [];
  readonly #replayed: readonly Uint8Array[];
  readonly #events = core.makeEvents(EVENTS);
  readonly #one = core.makeCommands(1);
  readonly #clock: NodeJS.Timeout;
  #listener: ShardListener | undefined;
  #committed = 0;
  #refusal: Refusal = Refusal.STOPPED;
  #held = false;

  constructor(shard = 0, journal: readonly Uint8Array[] = []) {
    this.shard = shard;
    this.#replayed = journal;
    this.#clock = setInterval(() => this.#tick(), CLOCK_MS);
  }

  listen(listener: ShardListener): void {
    this.#listener = listener;
    setImmediate(() => {
      for (const record of this.#replayed) {
        this.#one.u8.set(record);
        this.#apply(this.#one, 0);
      }
      listener.onBatchEnd();
      if (this.#refusal !== Refusal.STOPPED) return;
      this.#refusal = Refusal.NONE;
      listener.onReady();
    });
  }

  refusal(): Refusal {
    if (this.#refusal === Refusal.NONE && this.#committed >= CAPACITY) return Refusal.RING_FULL;
    return this.#refusal;
  }

  room(): number {
    return this.refusal() === Refusal.NONE ? CAPACITY - this.#committed : 0;
  }

  reserve(): number {
    if (this.refusal() !== Refusal.NONE) return -1;
    core.clearCommand(this.commands, this.#committed);
    return this.#committed;
  }

  commit(): void {
    this.#committed++;
  }

  flush(): void {
    if (this.#held || this.#refusal === Refusal.STOPPED) return;
    const count = this.#committed;
    for (let index = 0; index < count; index++) {
      this.#stamp(this.commands, index);
      this.#apply(this.commands, index);
    }
    this.#committed = 0;
    this.#listener?.onBatchEnd();
  }

  stats(): ShardStats {
    return {
      shard: this.shard,
      tradesTotal: this.core.tradesTotal(),
      ordersTotal: this.core.ordersTotal(),
      ordersOpen: this.core.ordersOpen(),
      sequence: this.core.sequence(),
    };
  }

  /** The journal applied by another core, event by event. */
  readonly stored: StoredEvents = {
    read: async ({ instruments, accounts }, onEvents) => {
      const again = core.makeShard(SIZES);
      const one = core.makeCommands(1);
      const all = core.makeEvents(EVENTS);
      for (const record of this.journal) {
        one.u8.set(record);
        all.count = 0;
        again.apply(one, 0, all);
        onEvents(all); // more than is wanted does no harm
      }
      if (instruments.size + accounts.size === 0) throw new Error("nothing was asked for");
      this.reads++;
    },
  };
  /** How often stored events were read. */
  reads = 0;

  queued(): { readonly commands: number; readonly events: number } {
    return { commands: this.#committed, events: 0 };
  }

  /** Commands wait in the ring until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.flush();
  }

  setDiskFull(isFull: boolean): void {
    this.#refusal = isFull ? Refusal.DISK_FULL : Refusal.NONE;
  }

  /** As after a failed write: what was on its way stays unanswered. */
  stop(reason: string): void {
    this.#refusal = Refusal.STOPPED;
    this.#listener?.onStopped(reason, false);
  }

  close(): void {
    clearInterval(this.#clock);
  }

  #tick(): void {
    if (this.#refusal === Refusal.STOPPED || this.#held) return;
    if (this.core.nextDueUs() > Date.now() * 1000) return;
    core.clearCommand(this.#one, 0);
    this.#one.u8[core.CommandU8.type] = core.CommandType.CLOCK;
    this.#stamp(this.#one, 0);
    this.#apply(this.#one, 0);
    this.#listener?.onBatchEnd();
  }

  #stamp(commands: core.Commands, index: number): void {
    const f64 = index * core.COMMAND_F64;
    commands.f64[f64 + core.CommandF64.sequence] = this.core.sequence() + 1;
    const nowUs = Date.now() * 1000;
    commands.f64[f64 + core.CommandF64.stampUs] = Math.max(nowUs, this.core.lastStampUs());
  }

  #apply(commands: core.Commands, index: number): void {
    const at = index * core.COMMAND_BYTES;
    this.journal.push(commands.u8.slice(at, at + core.COMMAND_BYTES));
    this.#events.count = 0;
    this.core.apply(commands, index, this.#events);
    for (let event = 0; event < this.#events.count; event++) {
      this.#listener?.onEvent(this.#events, event);
    }
  }
}
