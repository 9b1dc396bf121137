/**
 * The public client: one line to the exchange, subscriptions that survive it, order entry that knows
 * what happened. Runs in browsers and in Node; knows nothing but the public API.
 */
import { Book, type BookView } from "./book.ts";
import {
  type Connection,
  type Credentials,
  Line,
  type LineOptions,
  type SocketLike,
} from "./line.ts";
import { Fates } from "./fates.ts";
import { Orders } from "./orders.ts";
import { type Listener, Subscriptions } from "./subscriptions.ts";
import type { BookData, Channel } from "./wire.ts";

export interface ClientOptions {
  /** Where the exchange is: `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Nobody when left out: market data needs no logon. */
  readonly credentials?: Credentials;
  /**
   * Told when the exchange ignored names in a request, such as a misspelt `postOnly`: what they meant did
   * not happen. Types find most of them; plain JavaScript does not.
   */
  readonly onIgnored?: (method: string, names: readonly string[]) => void;
  /** For tests: another socket, another chance, another patience. */
  readonly makeSocket?: (url: string) => SocketLike;
  readonly random?: () => number;
  readonly silenceMs?: number;
}

export class Client {
  readonly orders: Orders;
  readonly #line: Line;
  readonly #subscriptions: Subscriptions;
  readonly #watchers = new Set<(connection: Connection) => void>();

  constructor(options: ClientOptions) {
    const { credentials = { kind: "none" }, ...more } = options;
    const lineOptions: LineOptions = { ...more, credentials };
    this.#line = new Line(lineOptions, {
      online: () => {
        this.#subscriptions.online();
        this.orders.online();
      },
      down: () => this.#subscriptions.down(),
      push: (push) => this.#subscriptions.push(push),
      ignored: (method, names) => options.onIgnored?.(method, names),
      changed: (connection) => {
        if (connection.phase === "closed") this.orders.online();
        for (const watcher of this.#watchers) watcher(connection);
      },
    });
    this.#subscriptions = new Subscriptions(
      (method, params) => this.request(method, params),
      options.random,
    );
    this.orders = new Orders(this.#line, new Fates(this.#subscriptions));
    // The exchange speaks each second, so that silence means something.
    this.subscribe("heartbeat", "", { push: () => {} });
  }

  get connection(): Connection {
    return this.#line.connection;
  }

  /** Called with every change of the connection; returns the way to stop. */
  onConnection(watcher: (connection: Connection) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Opens the line, or tries at once when it waits for its next try. */
  open(): this {
    this.#line.open();
    return this;
  }

  /** From now on for somebody else; what is listened to goes on. */
  become(credentials: Credentials): void {
    this.#subscriptions.forgetPrivate();
    this.#line.become(credentials);
  }

  /** For good: nothing is opened again. */
  close(): void {
    this.#line.close();
  }

  /** Any method of the exchange; rejects with ExchangeError. Nothing is ever sent twice. */
  request(method: string, params: object = {}, answerMs?: number): Promise<unknown> {
    return this.#line.request(method, params, answerMs);
  }

  /** `name` is a symbol, a style code for `size_grid`, and empty where a channel has none. */
  subscribe(channel: Channel, name: string, listener: Listener): () => void {
    return this.#subscriptions.add(channel, name, listener);
  }

  /**
   * Keeps the book of a symbol right: every push in order, and every checksum compared; a book that is
   * not the exchange's is said to be stale and begins anew. Returns the way to stop.
   */
  book(symbol: string, listener: BookListener): () => void {
    const book = new Book();
    return this.subscribe("book", symbol, {
      ...listener,
      push: ({ type, data, seq }) => {
        const change = data as BookData;
        if (type === "snapshot") book.replace(change);
        else book.apply(change);
        const isRight = change.crc32 === undefined || change.crc32 === book.checksum();
        if (isRight) listener.book(book.view(), seq);
        else this.#subscriptions.renew("book", symbol);
      },
    });
  }
}

export interface BookListener extends Omit<Listener, "push"> {
  /** The whole book as of `seq`, a new object each time. */
  book(view: BookView, seq: number): void;
}

/** Makes a client and opens its line. */
export function connect(options: ClientOptions): Client {
  return new Client(options).open();
}
