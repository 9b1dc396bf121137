/**
 * The connection to Redis, and whether it can be counted on: up once it has taken a write, away as soon
 * as anything it was asked went wrong or came late. Nobody waits for it longer than a second, for without
 * it one signature may count once at every gateway; and nothing that was asked is asked again behind our back.
 */
import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "pino";

const COMMAND_MS = 1_000;
const CONNECT_MS = 1_000;
const LOOK_MS = 250;
/** How long it keeps the word that a gateway is here, a write like any other: who has not said so since is gone. */
export const HERE_MS = 5_000;

const OPTIONS: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_MS,
  connectTimeout: CONNECT_MS,
  retryStrategy: (attempts) => Math.min(attempts * 50, 500),
  reconnectOnError: () => false,
};

/** What is there as long as the gateway of this id is. */
export const hereKey = (id: string): string => `solebook:here:${id}`;

type Scripts = NonNullable<RedisOptions["scripts"]>;

export class Link {
  readonly #redis: Redis;
  readonly #listener: Redis;
  readonly #logger: Logger;
  readonly #onChange: ((isUp: boolean) => void)[] = [];
  /** Who we are to the others. */
  readonly id = crypto.randomUUID();
  readonly #looking: NodeJS.Timeout;
  #isUp = false;
  /** Times that it went away. */
  lost = 0;

  private constructor(url: string, logger: Logger, scripts: Scripts) {
    this.#logger = logger;
    this.#redis = new Redis(url, { ...OPTIONS, scripts });
    this.#listener = new Redis(url, { ...OPTIONS, enableOfflineQueue: true });
    // What goes wrong shows where something is asked; ioredis ends the process over an event nobody takes.
    for (const each of [this.#redis, this.#listener]) each.on("error", () => {});
    this.#redis.on("close", () => this.#set(false));
    this.#looking = setInterval(() => void this.#look(), LOOK_MS);
  }

  /** Connected when it resolves, if that takes no longer than a moment; else it goes on trying. */
  static async open(url: string, logger: Logger, scripts: Scripts): Promise<Link> {
    const link = new Link(url, logger, scripts);
    for (const each of [link.#redis, link.#listener]) {
      await each.connect().catch(() => {}); // it tries again; whether it is up is said below
    }
    await link.#look();
    if (!link.#isUp)
      logger.warn({}, "Redis does not answer: limits and signatures are this gateway's own");
    return link;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  onChange(listener: (isUp: boolean) => void): void {
    this.#onChange.push(listener);
  }

  /** Undefined when Redis is away, or is found to be. */
  async ask<Answer>(run: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined> {
    return this.#isUp ? this.#run(run) : undefined;
  }

  /** `heard` again at every new connection, without a message: some may have been missed. */
  hear(channel: string, heard: (message: string | undefined) => void): void {
    const listener = this.#listener;
    const subscribe = (): void => {
      listener.subscribe(channel).then(
        () => heard(undefined),
        () => {}, // the line broke again: there will be another one
      );
    };
    listener.on("ready", subscribe);
    listener.on("message", (_channel, message: string) => heard(message));
    if (listener.status === "ready") subscribe();
  }

  close(): void {
    clearInterval(this.#looking);
    this.#onChange.length = 0;
    this.#redis.disconnect();
    this.#listener.disconnect();
  }

  async #run<Answer>(run: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await run(this.#redis);
    } catch (error) {
      this.#set(false, error);
      return undefined;
    }
  }

  async #look(): Promise<void> {
    if (this.#redis.status !== "ready") return;
    const taken = await this.#run((redis) => redis.set(hereKey(this.id), "1", "PX", HERE_MS));
    if (taken === "OK") this.#set(true);
  }

  #set(isUp: boolean, error?: unknown): void {
    if (this.#isUp === isUp) return;
    this.#isUp = isUp;
    if (isUp) this.#logger.info({}, "Redis is here: limits and signatures are shared");
    else {
      this.lost++;
      const words = "Redis is away: limits and signatures are this gateway's own until it is back";
      const why = error instanceof Error ? error.message : "the connection was closed";
      this.#logger.warn({ why }, words); // its words alone: an error of ioredis carries what was asked
    }
    for (const listener of this.#onChange) listener(isUp);
  }
}
