/** A stream of commands in a file, for those who run it. */
import { closeSync, openSync, readSync } from "node:fs";
import * as core from "../../engine/core/index.ts";
import type { EngineSizes } from "../core/engine-api.ts";

const CHUNK = 64 * 2 ** 20;

/** The first `count` of them. */
export function readCommands(file: string, count: number): core.Commands {
  const bytes = new Uint8Array(count * core.COMMAND_BYTES);
  const fd = openSync(file, "r");
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(fd, bytes, at, Math.min(CHUNK, bytes.length - at), at);
    if (read === 0) throw new Error(`${file} is too short`);
    at += read;
  }
  closeSync(fd);
  return core.makeCommands(count, bytes.buffer);
}

type Tables = Pick<core.ShardOptions, "accountsMax" | "instrumentsMax" | "ordersMax" | "idsMax"> & {
  readonly readyRows: number;
};

/**
 * A shard's tables for a stream of which no id is forgotten while it runs, so that each place takes a row
 * never used before: had from the start, as those of a shard are that has run for a while.
 */
export function tablesOf({ accounts, books, resting, places }: EngineSizes): Tables {
  const ordersMax = resting + 65_536;
  const idsMax = places + ordersMax;
  return {
    accountsMax: accounts + 1,
    instrumentsMax: books + 1,
    ordersMax,
    idsMax,
    readyRows: idsMax,
  };
}
