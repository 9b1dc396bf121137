/** The readers from the outside: starts their process and asks it. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CrowdEnd, CrowdPlan, PausePlan } from "./crowd.ts";
import type { Tally } from "./reader.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

export type Asked = { readonly id: number } & (
  | { readonly do: "open"; readonly plan: CrowdPlan }
  | { readonly do: "pauses"; readonly plan: PausePlan }
  | { readonly do: "readOn" | "storm" | "finish" | "tally" }
);

export interface Told {
  readonly id: number;
  readonly value?: unknown;
  readonly failed?: string;
}

export interface CrowdTally extends Omit<Tally, "reasons"> {
  readonly reasons: Readonly<Record<string, number>>;
  readonly pausedOnce: number;
}

type Wish<T = Asked> = T extends Asked ? Omit<T, "id"> : never;

export class RemoteCrowd {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 1;

  constructor() {
    this.#child = fork(MAIN, [], { execArgv: ["--disable-warning=ExperimentalWarning"] });
    this.#child.on("message", ({ id, value, failed }: Told) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (failed === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(`the readers: ${failed}`));
    });
    this.#child.once("exit", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`readers ended: ${code}`));
    });
  }

  /** Resolves when everybody has his books. */
  async open(plan: CrowdPlan): Promise<void> {
    await this.#ask({ do: "open", plan });
  }

  async startPauses(plan: PausePlan): Promise<void> {
    await this.#ask({ do: "pauses", plan });
  }

  async readOn(): Promise<void> {
    await this.#ask({ do: "readOn" });
  }

  /** How long it took until everybody was back, in ms. */
  async storm(): Promise<number> {
    return (await this.#ask({ do: "storm" })) as number;
  }

  async tally(): Promise<CrowdTally> {
    return (await this.#ask({ do: "tally" })) as CrowdTally;
  }

  async finish(): Promise<CrowdEnd> {
    return (await this.#ask({ do: "finish" })) as CrowdEnd;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.disconnect();
    await ended;
  }

  #ask(wish: Wish): Promise<unknown> {
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ ...wish, id });
    return waiting.promise;
  }
}
