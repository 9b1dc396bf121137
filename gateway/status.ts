/**
 * How the exchange is, in one word and with reasons: what `status`, `/v1/status` and `/readyz` say.
 * The worst shard decides; a planned shutdown outranks all, for then nothing else matters.
 */
import { Channel, isHeard, makeTopic, publish, type Topic } from "./market-data/topics.ts";
import { writePush } from "./market-data/encode.ts";
import { nowUs, writeTime } from "./written-forms.ts";

export type ShardState = "recovering" | "online" | "engine_stopped" | "disk_full" | "engine_away";
export type ExchangeState = "starting" | Exclude<ShardState, "recovering"> | "shutting_down";

interface ShardStatus {
  state: ShardState;
  reason: string;
}

export class ExchangeStatus {
  readonly topic: Topic;
  readonly #shards: ShardStatus[];
  #catalogListed = false;
  #shuttingDown = false;
  /** Empty: there is one gateway, and nobody to share with. */
  #limits: "" | "shared" | "local" = "";
  #state: ExchangeState = "starting";
  #sinceUs = nowUs();
  #prevSeq = 0;

  constructor(shards: number) {
    this.#shards = Array.from({ length: shards }, () => ({ state: "recovering", reason: "" }));
    this.topic = makeTopic(Channel.status, "", {
      seq: () => this.#sinceUs,
      snapshot: () => this.#push("snapshot", 0),
    });
  }

  get state(): ExchangeState {
    return this.#state;
  }

  get isReady(): boolean {
    return this.#state === "online";
  }

  /** Shards are recovered and everything in the catalog is listed: trading may begin. */
  catalogListed(): void {
    this.#catalogListed = true;
    this.#change();
  }

  setShard(shard: number, state: ShardState, reason: string): void {
    const row = this.#shards[shard]!;
    if (row.state === state || row.state === "engine_stopped") return;
    row.state = state;
    row.reason = reason;
    this.#change();
  }

  shardState(shard: number): ShardState {
    return this.#shards[shard]!.state;
  }

  /** Whether limits and used signatures are every gateway's, or this one's own while Redis is away. */
  setLimits(areShared: boolean): void {
    const limits = areShared ? "shared" : "local";
    if (this.#limits === limits) return;
    this.#limits = limits;
    this.#change();
  }

  shutDown(): void {
    this.#shuttingDown = true;
    this.#change();
  }

  /** The data of `status` and the body of `/v1/status`. */
  write(): string {
    const shards = this.#shards.map(({ state, reason }, shard) =>
      JSON.stringify({ shard, state, ...(reason === "" ? {} : { reason }) }),
    );
    const since = writeTime(this.#sinceUs);
    const limits = this.#limits === "" ? "" : `,"limits":"${this.#limits}"`;
    return `{"state":"${this.#state}","since":"${since}","shards":[${shards.join(",")}]${limits}}`;
  }

  #change(): void {
    this.#state = this.#worst();
    this.#prevSeq = this.#sinceUs;
    this.#sinceUs = Math.max(nowUs(), this.#sinceUs + 1);
    if (isHeard(this.topic)) publish(this.topic, this.#push("update", this.#prevSeq));
  }

  #worst(): ExchangeState {
    if (this.#shuttingDown) return "shutting_down";
    const any = (state: ShardState): boolean => this.#shards.some((row) => row.state === state);
    if (any("engine_stopped")) return "engine_stopped";
    if (any("disk_full")) return "disk_full";
    if (any("engine_away")) return "engine_away";
    return any("recovering") || !this.#catalogListed ? "starting" : "online";
  }

  #push(type: "snapshot" | "update", prevSeq: number): string {
    const seq = this.#sinceUs;
    return writePush({ channel: Channel.status, type, seq, prevSeq, stampUs: seq }, this.write());
  }
}
