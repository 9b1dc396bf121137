/**
 * Several operations in one request: batches (all of them or each for itself) and groups of orders of
 * which one quantity is filled in all. What belongs together in the core goes into the ring of one
 * shard in one turn, with room for all of it or not at all.
 */
import { COMMAND_BYTES, CommandFlag, CommandU8 } from "../../engine/client/layouts.ts";
import { Refusal } from "../../engine/client/shard-client.ts";
import { codeOfRefusal, errorMembers, type Problem } from "../errors.ts";
import type { Asker } from "./answer.ts";
import type { Commands, PlaceReady, Ready } from "./commands.ts";
import {
  type BatchOp,
  decodeBatch,
  decodeGroup,
  inLeg,
  invalid,
  isProblem,
  type Params,
} from "./decode.ts";
import { checkDry } from "./validate.ts";

/** Of an atomic batch, what an operation without a fault of its own is told when another has one. */
const OTHERS_FAULT: Problem = { code: "COMPOUND_REFUSED" };
const NOT_IN_BATCH = ["group", "validate"] as const;

export class Batches {
  readonly #commands: Commands;
  readonly #nextRequestId: () => string;

  constructor(commands: Commands, nextRequestId: () => string) {
    this.#commands = commands;
    this.#nextRequestId = nextRequestId;
  }

  batch(asker: Asker, account: number, params: Params, nowUs: number): void {
    const batch = decodeBatch(params);
    if (isProblem(batch)) return asker.refuse(batch);
    const ready = batch.ops.map((op) => this.#prepare(op, account, nowUs));
    if (batch.isAtomic) return this.#atomic(asker, account, batch.ops, ready);
    const mode = `"mode":"independent"`;
    const parts = new OpAnswers(asker, mode, batch.ops, this.#nextRequestId);
    ready.forEach((each, at) => {
      if (isProblem(each)) return parts.at(at).refuse(each);
      const refusal = this.#sendAll(account, [each], () => parts.at(at), 0);
      if (refusal !== Refusal.NONE) parts.at(at).refuse({ code: codeOfRefusal(refusal) });
    });
  }

  placeGroup(asker: Asker, account: number, params: Params, nowUs: number): void {
    const group = decodeGroup(params);
    if (isProblem(group)) return asker.refuse(group);
    const legs: PlaceReady[] = [];
    for (const [at, leg] of group.legs.entries()) {
      const ready = this.#commands.readyPlace(leg, nowUs);
      if (isProblem(ready)) return asker.refuse(inLeg(ready, at));
      const { spec } = ready.view.instrument.product;
      const first = legs[0]?.view.instrument.product ?? ready.view.instrument.product;
      if (spec !== first.spec) {
        return asker.refuse({ code: "LEG_MISMATCH", param: `group[${at}].symbol` });
      }
      legs.push(ready);
    }
    if (group.legs[0]!.validate) return tryOutGroup(asker, legs);
    const parts = new LegAnswers(asker, legs.length);
    const refusal = this.#sendAll(account, legs, (at) => parts.at(at), CommandFlag.LEG);
    if (refusal !== Refusal.NONE) asker.refuse({ code: codeOfRefusal(refusal) });
  }

  #atomic(
    asker: Asker,
    account: number,
    ops: readonly BatchOp[],
    ready: readonly (Ready | Problem)[],
  ): void {
    const fit = ready.filter((each): each is Ready => !isProblem(each));
    const shards = new Set(fit.map(({ route }) => route.client.shard));
    if (shards.size > 1) return asker.refuse({ code: "BATCH_ACROSS_SHARDS", param: "ops" });
    const parts = new OpAnswers(asker, `"mode":"atomic"`, ops, this.#nextRequestId);
    if (fit.length < ready.length) {
      ready.forEach((each, at) => parts.at(at).refuse(isProblem(each) ? each : OTHERS_FAULT));
      return;
    }
    const refusal = this.#sendAll(account, fit, (at) => parts.at(at), 0);
    if (refusal !== Refusal.NONE) asker.refuse({ code: codeOfRefusal(refusal) });
  }

  #prepare({ method, params }: BatchOp, account: number, nowUs: number): Ready | Problem {
    const strange = NOT_IN_BATCH.find((name) => params[name] !== undefined);
    if (strange !== undefined) return invalid(strange, `${strange} does not go into a batch.`);
    if (method === "add_order") return this.#commands.preparePlace(params, nowUs);
    if (method === "amend_order") return this.#commands.prepareAmend(params, account);
    if (method === "cancel_order") return this.#commands.prepareCancel(params);
    return invalid("method", "A batch takes add_order, amend_order and cancel_order.");
  }

  /** Sends records that belong together, or none: then why. One alone is a command like any other. */
  #sendAll(
    account: number,
    ready: readonly Ready[],
    askerOf: (at: number) => Asker,
    flag: number,
  ): Refusal {
    const { route } = ready[0]!;
    const refusal = route.refusal();
    if (refusal !== Refusal.NONE) return refusal;
    if (route.client.room() < ready.length) return Refusal.RING_FULL;
    const isCompound = ready.length > 1;
    ready.forEach((each, at) => {
      const index = route.reserve();
      if (index < 0) throw new Error("there was room for all of it");
      this.#commands.write(each, index, account);
      const u8At = index * COMMAND_BYTES;
      const { u8 } = route.commands;
      u8[u8At + CommandU8.compoundIndex] = isCompound ? at : 0;
      u8[u8At + CommandU8.compoundCount] = isCompound ? ready.length : 0;
      u8[u8At + CommandU8.flags] = u8[u8At + CommandU8.flags]! | flag;
      route.commit(index, this.#commands.pending(each, askerOf(at)));
    });
    return Refusal.NONE;
  }
}

function tryOutGroup(asker: Asker, legs: readonly PlaceReady[]): void {
  for (const [at, { place, view, ticks, nowUs }] of legs.entries()) {
    const problem = checkDry(place, view, ticks, nowUs);
    if (problem !== undefined) return asker.refuse(inLeg(problem, at));
  }
  const rows = legs.map(({ place: { clientOrderId, symbol } }) =>
    JSON.stringify({ client_order_id: clientOrderId, symbol }),
  );
  asker.answer(`{"validated":true,"legs":[${rows.join(",")}]}`);
}

/** Waits for every operation of a batch; each is answered in its place. */
class OpAnswers {
  readonly #asker: Asker;
  readonly #head: string;
  readonly #ops: readonly BatchOp[];
  readonly #nextRequestId: () => string;
  readonly #written: string[] = [];
  #left: number;

  constructor(asker: Asker, head: string, ops: readonly BatchOp[], nextRequestId: () => string) {
    this.#asker = asker;
    this.#head = head;
    this.#ops = ops;
    this.#left = ops.length;
    this.#nextRequestId = nextRequestId;
  }

  at(at: number): Asker {
    const { method } = this.#ops[at]!;
    const head = `{"method":${JSON.stringify(method.slice(0, 64))},"success":`;
    return {
      answer: (result) => this.#keep(at, `${head}true,"result":${result}}`),
      refuse: (problem) => {
        const members = errorMembers(problem, this.#nextRequestId());
        this.#keep(at, `${head}false,"error":{${members}}}`);
      },
    };
  }

  #keep(at: number, text: string): void {
    this.#written[at] = text;
    if (--this.#left > 0) return;
    this.#asker.answer(`{${this.#head},"results":[${this.#written.join(",")}]}`);
  }
}

/** Waits for every leg: a group is taken or refused as a whole. */
class LegAnswers {
  readonly #asker: Asker;
  readonly #written: string[] = [];
  readonly #problems: (Problem | undefined)[] = [];
  #left: number;

  constructor(asker: Asker, legs: number) {
    this.#asker = asker;
    this.#left = legs;
  }

  at(at: number): Asker {
    return {
      answer: (result) => this.#keep(at, result, undefined),
      refuse: (problem) => this.#keep(at, "", problem),
    };
  }

  #keep(at: number, written: string, problem: Problem | undefined): void {
    this.#written[at] = written;
    this.#problems[at] = problem;
    if (--this.#left > 0) return;
    const own = this.#problems.findIndex(
      (each) => each !== undefined && each.code !== OTHERS_FAULT.code,
    );
    const first = own < 0 ? this.#problems.findIndex((each) => each !== undefined) : own;
    if (first < 0) return this.#asker.answer(`{"legs":[${this.#written.join(",")}]}`);
    const why = { ...this.#problems[first]!, param: `group[${first}]` };
    // Legs of an earlier group with the same ids are there, whatever was asked for now.
    const isPartly = this.#problems.includes(undefined);
    this.#asker.refuse(isPartly ? { ...why, execution: "unknown" } : why);
  }
}
