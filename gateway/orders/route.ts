/**
 * The way to one shard: a command goes into its client's records, the request waits under a
 * correlation of its own, and what the shard says comes back through `Reports`.
 *
 * Commands committed during one turn of the event loop wake the shard once.
 */
import { Refusal, type ShardClient } from "../../engine/client/shard-client.ts";
import { COMMAND_F64, CommandF64, type Commands } from "../../engine/client/layouts.ts";
import type { OpenOrders } from "./open-orders.ts";
import type { Pending, Reports } from "./report.ts";

export class ShardRoute {
  readonly client: ShardClient;
  readonly commands: Commands;
  /** What this shard's accounts have open. */
  readonly orders: OpenOrders;
  readonly #reports: Reports;
  readonly #wake: () => void;
  #open = false;
  #flushPending = false;
  #correlation = 0;

  constructor(client: ShardClient, reports: Reports, orders: OpenOrders) {
    this.client = client;
    this.commands = client.commands;
    this.orders = orders;
    this.#reports = reports;
    this.#wake = () => {
      this.#flushPending = false;
      client.flush();
    };
  }

  /** Correlations of an earlier life are told again during recovery: nothing is taken before it ended. */
  open(): void {
    this.#open = true;
  }

  close(): void {
    this.#open = false;
  }

  refusal(): Refusal {
    return this.#open ? this.client.refusal() : Refusal.STOPPED;
  }

  /** Index of a zeroed record to fill in this tick, or -1: then `refusal()` says why. */
  reserve(): number {
    return this.#open ? this.client.reserve() : -1;
  }

  /** Sends the record that `reserve` gave; `pending` hears what becomes of it. */
  commit(index: number, pending: Pending): void {
    const correlation = ++this.#correlation;
    this.commands.f64[index * COMMAND_F64 + CommandF64.correlation] = correlation;
    this.#reports.expect(correlation, pending);
    this.client.commit();
    if (this.#flushPending) return;
    this.#flushPending = true;
    setImmediate(this.#wake);
  }
}
