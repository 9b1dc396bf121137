/**
 * The dead man's switch: `cancel_after` and `cancel_on_disconnect`, both as the core's session timer of
 * an account and a tag (0: all its orders). The timer lives in the shards and is journaled, so that it
 * fires though this process is dead; here is only who keeps it from firing.
 *
 * ```
 * cancel_after          armed once, at the time that was asked for; asked again, or 0: disarmed
 * cancel_on_disconnect  armed HORIZON ahead, again with the socket's pongs; the socket closes: the
 *                       orders are cancelled at once and the timer is disarmed
 * ```
 *
 * Both on one tag share one timer: it fires at whichever comes first.
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

/** How far ahead a connected socket's timer is armed, and how old it may get before it is again. */
const HORIZON_US = 10_000_000;
const RENEW_AFTER_US = 3_000_000;
const readAfter = reader(CancelAfterParams);
const readOnDisconnect = reader(CancelOnDisconnectParams);

/** One socket that asked for `cancel_on_disconnect`; the session keeps it for us. */
export interface Leash {
  readonly account: number;
  readonly tag: number;
}

/** What fires for one account and tag, as far as this gateway arms it. */
interface Switch {
  readonly account: number;
  readonly tag: number;
  /** Infinity: `cancel_after` is not on. */
  afterUs: number;
  /** Sockets that are on a leash of this account and tag. */
  readonly leashes: Set<Leash>;
  armedUs: number;
}

export class DeadMan {
  readonly #routes: readonly ShardRoute[];
  readonly #switches = new Map<string, Switch>();

  constructor(routes: readonly ShardRoute[]) {
    this.#routes = routes;
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
    const next = scope === "none" ? undefined : { account, tag };
    const isSame = next !== undefined && leash?.tag === next.tag;
    const on = isSame ? leash : next;
    if (leash !== undefined && !isSame) this.#letGo(leash);
    keep(on);
    const off = `{"scope":"${scope}"`;
    if (on === undefined) return asker.answer(`${off}}`);
    const one = this.#switch(account, on.tag);
    one.leashes.add(on);
    this.#arm(one, {
      answer: (sequences) => asker.answer(`${off},"within_s":${HORIZON_US / 1e6},${sequences}}`),
      refuse: (problem) => {
        one.leashes.delete(on);
        keep(undefined);
        this.#forgetIdle(one);
        asker.refuse(problem);
      },
    });
  }

  /** The socket is alive: its pong came. */
  heard(leash: Leash): void {
    const one = this.#switches.get(keyOf(leash));
    if (one === undefined || nowUs() - one.armedUs < RENEW_AFTER_US) return;
    this.#arm(one, NOBODY);
  }

  /** The socket has closed: what it answers for ends now, the timer being there in case we do, too. */
  closed(leash: Leash): void {
    for (const route of this.#routes) {
      const index = route.reserve();
      if (index < 0) continue; // the timer ends them
      route.commands.u8[index * COMMAND_BYTES + CommandU8.type] = CommandType.CANCEL_ALL;
      route.commands.i32[index * COMMAND_I32 + CommandI32.account] = leash.account;
      route.commands.i32[index * COMMAND_I32 + CommandI32.tag] = leash.tag;
      route.commit(index, UNHEARD);
    }
    this.#letGo(leash);
  }

  #letGo(leash: Leash): void {
    const one = this.#switches.get(keyOf(leash));
    if (one === undefined) return;
    one.leashes.delete(leash);
    if (one.leashes.size === 0) this.#arm(one, NOBODY);
    this.#forgetIdle(one);
  }

  /** Arms the switch's timer on every shard as things stand, or disarms it. */
  #arm(one: Switch, asker: Asker): void {
    one.armedUs = nowUs();
    if (one.afterUs <= one.armedUs) one.afterUs = Infinity; // it has fired
    const leashUs = one.leashes.size > 0 ? one.armedUs + HORIZON_US : Infinity;
    const atUs = Math.min(one.afterUs, leashUs);
    for (const route of this.#routes) {
      const refusal = route.refusal();
      if (refusal !== Refusal.NONE) return asker.refuse({ code: codeOfRefusal(refusal) });
    }
    const pending = new AllShardsAnswer(asker, this.#routes.length, armedWords);
    for (const route of this.#routes) {
      const index = route.reserve();
      if (index < 0) {
        pending.abandon({ code: codeOfRefusal(route.refusal()), execution: "unknown" });
        continue;
      }
      route.commands.u8[index * COMMAND_BYTES + CommandU8.type] = CommandType.ARM_TIMER;
      route.commands.i32[index * COMMAND_I32 + CommandI32.account] = one.account;
      route.commands.i32[index * COMMAND_I32 + CommandI32.tag] = one.tag;
      route.commands.f64[index * COMMAND_F64 + CommandF64.expiresAtUs] =
        atUs === Infinity ? 0 : atUs;
      route.commit(index, pending);
    }
  }

  #switch(account: number, tag: number): Switch {
    const key = keyOf({ account, tag });
    let one = this.#switches.get(key);
    if (one === undefined) {
      one = { account, tag, afterUs: Infinity, leashes: new Set(), armedUs: 0 };
      this.#switches.set(key, one);
    }
    return one;
  }

  #forgetIdle(one: Switch): void {
    if (one.leashes.size > 0 || one.afterUs !== Infinity) return;
    this.#switches.delete(keyOf(one));
  }
}

const keyOf = ({ account, tag }: Leash): string => `${account}:${tag}`;

const NOBODY: Asker = { answer: () => {}, refuse: () => {} };
const UNHEARD: Pending = { settle: () => {}, abandon: () => {} };
const armedWords = (_count: number, sequence: number): string => `"engine_seq":${sequence}`;
