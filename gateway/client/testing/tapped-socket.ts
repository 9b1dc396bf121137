/**
 * A real socket with a tap on it, for tests of what goes wrong on the way: messages that vanish in
 * either direction, and a line that is cut.
 */
import type { SocketLike } from "../index.ts";

type MessageListener = (event: { readonly data: unknown }) => void;
type CloseListener = (event: { readonly reason: string }) => void;

export class Tap {
  /** Whether a message of the exchange is lost. */
  losesIn: (text: string) => boolean = () => false;
  /** What a message of the exchange arrives as. */
  changesIn: (text: string) => string = (text) => text;
  /** Whether a message to the exchange is lost. */
  losesOut: (text: string) => boolean = () => false;
  /** What a message to the exchange leaves as. */
  changesOut: (text: string) => string = (text) => text;
  /** Messages that left, on whatever socket. */
  readonly sent: string[] = [];
  opened = 0;
  #closers: CloseListener[] = [];
  #socket: WebSocket | undefined;

  readonly makeSocket = (url: string): SocketLike => {
    const socket = new WebSocket(url);
    this.opened++;
    this.#socket = socket;
    this.#closers = [];
    return {
      send: (said) => {
        const text = this.changesOut(said);
        if (this.losesOut(text)) return;
        this.sent.push(text);
        socket.send(text);
      },
      close: () => socket.close(),
      addEventListener: (type: string, listener: unknown) => {
        if (type === "close") this.#closers.push(listener as CloseListener);
        if (type !== "message") return socket.addEventListener(type, listener as () => void);
        socket.addEventListener("message", (event) => {
          const text = String(event.data);
          if (!this.losesIn(text)) (listener as MessageListener)({ data: this.changesIn(text) });
        });
      },
    };
  };

  /** The line is cut: our side learns at once, whatever the exchange knows. */
  cut(): void {
    const closers = this.#closers;
    this.#closers = [];
    this.#socket?.close();
    for (const close of closers) close({ reason: "" });
  }
}

/** Looks until something is so; a test's own time-out says when it never is. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
