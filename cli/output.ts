/** Writing much to a stream without holding more of it than the reader takes. */
import { once } from "node:events";
import type { Writable } from "node:stream";

/** Writes, and waits while the other side is behind. */
export async function write(stream: Writable, text: string): Promise<void> {
  if (text !== "" && !stream.write(text)) await once(stream, "drain");
}
