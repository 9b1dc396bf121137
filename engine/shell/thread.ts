/**
 * Starts a thread that applies commands, from sources without types. Node strips them by itself in any
 * thread, but what it does that with leaves V8 less sure of typed arrays there, and the core is made
 * of those: it then takes a quarter more time. So they are stripped here, and `stripped.mjs` loads them, there
 * and in a process that is to begin quickly.
 */
import { Worker } from "node:worker_threads";
import { COMPILER_FLAGS } from "../core/index.ts";
import { sourceOf } from "./local-imports.ts";

/** A program without types. */
export interface Program {
  /** The URL of its own first file. */
  readonly entry: string;
  /** By URL: that file and all of ours that it imports, without types. */
  readonly sources: ReadonlyMap<string, string>;
  /** For V8, before any of them is loaded. */
  readonly flags: readonly string[];
}

/** The end of an `import` or `export … from` of a file of ours, or its `import()`; those of types are gone by then. */
const IMPORTED = /(?:^(?:import|export|\})[^"\n]*|\bimport\()"(\.[^"]+\.ts)"/gm;

export function startThread(entry: URL, workerData: object): Worker {
  return new Worker(new URL("./thread.mjs", import.meta.url), {
    workerData: { ...workerData, thread: programOf(entry, COMPILER_FLAGS) },
  });
}

/** Reads all its files, which takes a while. */
export function programOf(entry: URL, flags: readonly string[]): Program {
  return { entry: entry.href, sources: sourcesOf(entry.href), flags };
}

export function sourcesOf(entry: string): Map<string, string> {
  const sources = new Map<string, string>();
  const waiting = [entry];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (sources.has(url)) continue;
    const source = sourceOf(url);
    sources.set(url, source);
    for (const [, file] of source.matchAll(IMPORTED)) waiting.push(new URL(file!, url).href);
  }
  return sources;
}
