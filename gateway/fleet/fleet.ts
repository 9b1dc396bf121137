/**
 * What the gateways of one exchange keep in common, by Redis: which signatures were used, what is left
 * of the limits, the word that a key has changed, and what was answered to what is to be done once. Truth lives elsewhere (a key's in the registry):
 * with Redis away each gateway goes on by what it knows itself, and says so.
 */
import type { Logger } from "pino";
import type { Sealer } from "../registry/sealer.ts";
import { ANSWER_SCRIPT, Answers, TAKE_OVER_SCRIPT } from "./answers.ts";
import { Link } from "./link.ts";
import { SETTLE_SCRIPT, Settling } from "./settling.ts";

const KEYS = "solebook:keys";
/** Clocks of gateways differ: a signature is remembered that much longer than its window. */
const CLOCKS_MS = 5_000;
const USES_PER_ASK = 1_000;

export interface KeyWord {
  readonly key: string;
  readonly revoked: boolean;
}

export class Fleet {
  readonly settling: Settling;
  readonly answers: Answers;
  readonly #link: Link;

  private constructor(link: Link, sealer: Sealer | undefined) {
    this.#link = link;
    this.settling = new Settling(link);
    this.answers = new Answers(link, sealer);
  }

  /** `sealer`: that of the registry's secrets, for answers that hold one. */
  static async open(url: string, logger: Logger, sealer?: Sealer): Promise<Fleet> {
    const scripts = {
      solebookSettle: { lua: SETTLE_SCRIPT },
      solebookAnswer: { lua: ANSWER_SCRIPT },
      solebookTakeOver: { lua: TAKE_OVER_SCRIPT },
    };
    return new Fleet(await Link.open(url, logger, scripts), sealer);
  }

  /** By which the others know whether we are here. */
  get id(): string {
    return this.#link.id;
  }

  get isShared(): boolean {
    return this.#link.isUp;
  }

  /** Times that Redis was lost. */
  get lost(): number {
    return this.#link.lost;
  }

  onChange(listener: (isShared: boolean) => void): void {
    this.#link.onChange(listener);
  }

  /** Whether this is the signature's first use at any gateway; undefined: only ours is known. */
  async claim(use: string, forMs: number): Promise<boolean | undefined> {
    const answer = await this.#link.ask((redis) =>
      redis.set(usedKey(use), "1", "PX", forMs + CLOCKS_MS, "NX"),
    );
    return answer === undefined ? undefined : answer === "OK";
  }

  /** Tells of uses that only this gateway knows: Redis was away, or lost its memory. */
  async remember(uses: readonly (readonly [use: string, forMs: number])[]): Promise<void> {
    for (let at = 0; at < uses.length; at += USES_PER_ASK) {
      await this.#link.ask((redis) => {
        const asked = redis.pipeline();
        for (const [use, forMs] of uses.slice(at, at + USES_PER_ASK)) {
          asked.set(usedKey(use), "1", "PX", forMs + CLOCKS_MS, "NX");
        }
        return asked.exec();
      });
    }
  }

  /** The others look after it at once; without Redis they look within a second. */
  tellKey(word: KeyWord): void {
    void this.#link.ask((redis) => redis.publish(KEYS, JSON.stringify(word)));
  }

  /** Undefined: words may have been missed, so look at all of them. */
  onKey(listener: (word: KeyWord | undefined) => void): void {
    this.#link.hear(KEYS, (message) => {
      listener(message === undefined ? undefined : readWord(message));
    });
  }

  close(): void {
    this.settling.close();
    this.#link.close();
  }
}

const usedKey = (use: string): string => `solebook:used:${use}`;

/** What is no word of ours means: look yourself. */
function readWord(message: string): KeyWord | undefined {
  try {
    const { key, revoked } = JSON.parse(message) as Partial<KeyWord>;
    return typeof key === "string" ? { key, revoked: revoked === true } : undefined;
  } catch {
    return undefined;
  }
}
