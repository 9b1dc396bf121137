/**
 * The dead man's switch: `cancel_after` and `cancel_on_disconnect`, both as the core's session timer of
 * an account and a tag (0: all its orders). The timer lives in the shards and is journaled, so that it
 * fires though this process is dead; here is only who keeps it from firing.
 *
 * ```
 * cancel_after          armed once, at the time that was asked for; asked again, or 0: disarmed
 * cancel_on_disconnect  armed 10 s ahead, again with whatever comes from the socket; the socket closes:
 *                       the orders are cancelled at once and then the timer is disarmed
 * ```
 *
 * Both on one tag share one timer: it fires at whichever comes first. What a full ring does not take is
 * tried again until it does: overload must neither fire a living client's timer nor spare a dead one's
 * orders.
 */
import {
  COMMAND_BYTES,
  COMMAND_F64,
  COMMAND_I32,
  CommandF64,
  CommandI32,
  CommandType,
  CommandU8,
} from "../../engine/client/layouts.ts";
import { Refusal } from "../../engine/client/shard-client.ts";
import { codeOfRefusal } from "../errors.ts";
import { AllShardsAnswer, type Asker } from "../orders/answer.ts";
import { reader } from "../forms/read.ts";
import { CancelAfterParams, CancelOnDisconnectParams } from "../forms/requests.ts";
import { MUST_BE_TAG, type Params } from "../orders/decode.ts";
import type { Pending } from "../orders/report.ts";
import type { ShardRoute } from "../orders/route.ts";
import { nowUs, writeTime } from "../written-forms.ts";

/**
 * Of the time it is armed ahead: how old a timer gets before it is armed again, and is looked at. With every
 * pong of a quiet socket: what is left of it is how long we may stand still and cost nobody his orders.
 */
const RENEW_AFTER = 0.15;
const LOOK_EVERY = 0.05;
/** How soon what a ring had no room for is tried again. */
const AGAIN_MS = 5;
const readAfter = reader(CancelAfterParams);
const readOnDisconnect = reader(CancelOnDisconnectParams);

/** One socket that asked for `cancel_on_disconnect`; the session keeps it for us. */
export interface Leash {
  readonly account: number;
  readonly tag: number;
  /** When its timer's age is looked at next: it would cost too much with every frame. */
  lookUs: number;
}

type Name = Pick<Leash, "account" | "tag">;

/** What fires for one account and tag, as far as this gateway arms it. */
interface Switch {
  readonly account: number;
  readonly tag: number;
  /** Infinity: `cancel_after` is not on. */
  afterUs: number;
  /** Sockets that are on a leash of this account and tag. */
  readonly leashes: Set<Leash>;
  /** When the shards were last told; 0: they may not know. */
  armedUs: number;
  /** Shards that have not taken a cancel that is due since a socket closed, and the timer as it is now. */
  uncancelled: readonly ShardRoute[];
  untold: readonly ShardRoute[];
}

export class DeadMan {
  readonly #routes: readonly ShardRoute[];
  readonly #horizonUs: number;
  readonly #switches = new Map<string, Switch>();
  /** What a ring had no room for. */
  readonly #late = new Set<Switch>();
  #again: NodeJS.Timeout | undefined;

  constructor(routes: readonly ShardRoute[], horizonMs: number) {
    this.#routes = routes;
    this.#horizonUs = horizonMs * 1_000;
  }

  cancelAfter(asker: Asker, account: number, params: Params): void {
    const read = readAfter(params);
    if ("problem" in read) return asker.refuse(read.problem);
    const { timeout_s: timeoutS, tag = 0 } = read.value;
    const atUs = timeoutS === 0 ? Infinity : nowUs() + Math.ceil(timeoutS * 1e6);
    const one = this.#switch(account, tag);
    const before = one.afterUs;
    one.afterUs = atUs;
    const written = atUs === Infinity ? "null" : `"${writeTime(atUs)}"`;
    this.#arm(one, {
      answer: (sequences) => asker.answer(`{"fires_at":${written},${sequences}}`),
      refuse: (problem) => {
        if (one.afterUs === atUs) one.afterUs = before;
        this.#forgetIdle(one);
        asker.refuse(problem);
      },
    });
    this.#forgetIdle(one);
  }

  /** Answers the leash that the socket is on from here on, undefined: none; it was on `leash`. */
  cancelOnDisconnect(
    asker: Asker,
    account: number,
    params: Params,
    keep: (leash: Leash | undefined) => void,
    leash: Leash | undefined,
  ): void {
    const read = readOnDisconnect(params);
    if ("problem" in read) return asker.refuse(read.problem);
    const { scope, tag = 0 } = read.value;
    if ((scope === "tag") !== (tag !== 0)) return asker.refuse(MUST_BE_TAG);
    const next = scope === "none" ? undefined : { account, tag, lookUs: 0 };
    const isSame = next !== undefined && leash?.tag === next.tag;
    const on = isSame ? leash : next;
    if (leash !== undefined && !isSame) this.#letGo(leash);
    keep(on);
    const off = `{"scope":"${scope}"`;
    if (on === undefined) return asker.answer(`${off}}`);
    const one = this.#switch(account, on.tag);
    one.leashes.add(on);
    this.#arm(one, {
      answer: (sequences) =>
        asker.answer(`${off},"within_s":${this.#horizonUs / 1e6},${sequences}}`),
      refuse: (problem) => {
        one.leashes.delete(on);
        keep(undefined);
        this.#forgetIdle(one);
        asker.refuse(problem);
      },
    });
  }

  /** The socket is alive: something came from it. */
  heard(leash: Leash): void {
    const us = nowUs();
    if (us < leash.lookUs) return;
    leash.lookUs = us + LOOK_EVERY * this.#horizonUs;
    const one = this.#switches.get(keyOf(leash));
    if (one === undefined || us - one.armedUs < RENEW_AFTER * this.#horizonUs) return;
    this.#tell(one);
  }

  /** The socket has closed: what it answers for ends now, the timer being there in case we do, too. */
  closed(leash: Leash): void {
    this.#switch(leash.account, leash.tag).uncancelled = this.#routes;
    this.#letGo(leash);
  }

  #letGo(leash: Leash): void {
    const one = this.#switches.get(keyOf(leash));
    if (one === undefined) return;
    one.leashes.delete(leash);
    if (one.leashes.size === 0 || one.uncancelled.length > 0) this.#tell(one);
  }

  /** Every shard is to know how things stand. */
  #tell(one: Switch): void {
    one.armedUs = nowUs();
    one.untold = this.#routes;
    this.#goOn(one);
  }

  /**
   * Of each shard first the cancel that is due, then the timer; where there is no room for them they are
   * tried again, and the timer that is armed there stays.
   */
  #goOn(one: Switch): void {
    one.uncancelled = one.uncancelled.filter((route) => !cancelAll(route, one));
    const atUs = this.#firesAtUs(one);
    const again = { settle: () => {}, abandon: () => (one.armedUs = 0) }; // with the next that is heard
    one.untold = one.untold.filter(
      (route) => one.uncancelled.includes(route) || !armTimer(route, one, atUs, again),
    );
    if (one.uncancelled.length === 0 && one.untold.length === 0) {
      this.#late.delete(one);
      return this.#forgetIdle(one);
    }
    this.#late.add(one);
    if (this.#again !== undefined) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      for (const each of this.#late) this.#goOn(each);
    }, AGAIN_MS).unref();
  }

  /** Infinity: not at all. */
  #firesAtUs(one: Switch): number {
    const us = nowUs();
    if (one.afterUs <= us) one.afterUs = Infinity; // it has fired
    const leashUs = one.leashes.size > 0 ? us + this.#horizonUs : Infinity;
    return Math.min(one.afterUs, leashUs);
  }

  /** Arms the switch's timer on every shard as things stand, or disarms it, for who asked for it. */
  #arm(one: Switch, asker: Asker): void {
    for (const route of this.#routes) {
      const refusal = route.refusal();
      if (refusal !== Refusal.NONE) return asker.refuse({ code: codeOfRefusal(refusal) });
    }
    one.armedUs = nowUs();
    const atUs = this.#firesAtUs(one);
    const pending = new AllShardsAnswer(asker, this.#routes.length, armedWords);
    for (const route of this.#routes) {
      if (armTimer(route, one, atUs, pending)) continue;
      pending.abandon({ code: codeOfRefusal(route.refusal()), execution: "unknown" });
    }
  }

  #switch(account: number, tag: number): Switch {
    const key = keyOf({ account, tag });
    let one = this.#switches.get(key);
    if (one === undefined) {
      const all = { afterUs: Infinity, leashes: new Set<Leash>(), armedUs: 0 };
      one = { account, tag, ...all, uncancelled: [], untold: [] };
      this.#switches.set(key, one);
    }
    return one;
  }

  #forgetIdle(one: Switch): void {
    if (one.leashes.size > 0 || one.afterUs !== Infinity || this.#late.has(one)) return;
    this.#switches.delete(keyOf(one));
  }
}

const keyOf = ({ account, tag }: Name): string => `${account}:${tag}`;

/** Whether the shard has taken it. */
function cancelAll(route: ShardRoute, { account, tag }: Name): boolean {
  const index = route.reserve();
  if (index < 0) return false;
  route.commands.u8[index * COMMAND_BYTES + CommandU8.type] = CommandType.CANCEL_ALL;
  route.commands.i32[index * COMMAND_I32 + CommandI32.account] = account;
  route.commands.i32[index * COMMAND_I32 + CommandI32.tag] = tag;
  route.commit(index, UNHEARD);
  return true;
}

/** Whether the shard has taken it. */
function armTimer(route: ShardRoute, one: Name, atUs: number, pending: Pending): boolean {
  const index = route.reserve();
  if (index < 0) return false;
  route.commands.u8[index * COMMAND_BYTES + CommandU8.type] = CommandType.ARM_TIMER;
  route.commands.i32[index * COMMAND_I32 + CommandI32.account] = one.account;
  route.commands.i32[index * COMMAND_I32 + CommandI32.tag] = one.tag;
  const isOn = atUs !== Infinity;
  route.commands.f64[index * COMMAND_F64 + CommandF64.expiresAtUs] = isOn ? atUs : 0;
  route.commit(index, pending);
  return true;
}
const UNHEARD: Pending = { settle: () => {}, abandon: () => {} };
const armedWords = (_count: number, sequence: number): string => `"engine_seq":${sequence}`;
