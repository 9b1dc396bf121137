/** What a row of the table of operations says. */
import type { TObject, TSchema } from "@sinclair/typebox";
import type { Code } from "../errors.ts";

export interface Sent {
  readonly says: string;
  /** By the open parts of the path. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: object;
}

export interface Operation {
  readonly id: string;
  readonly method: "get" | "post" | "delete";
  /** Open parts in braces. */
  readonly path: string;
  readonly says: string;
  /** Who may: anyone, a key that signs, the operator of this machine, a browser on this machine. */
  readonly by: "anyone" | "key" | "operator" | "browser";
  readonly query?: TObject;
  readonly body?: TSchema;
  /** By status; what is refused is a problem everywhere. Text: of that media type. */
  readonly answers: Readonly<Record<number, TSchema | string>>;
  readonly refusals: readonly Code[];
  readonly examples: readonly Sent[];
}
