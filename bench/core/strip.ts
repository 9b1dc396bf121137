/**
 * The engines as plain JavaScript, written once before anything is measured. Node strips types in every
 * process by a WebAssembly module, whose memory grows, which makes the compiler guard each access to a
 * typed array for the rest of that process: a fifth of the speed of all engines that use them.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDERS = ["engine/core", "bench/core"];

export interface Stripped {
  /** The path of a script of `bench/core`. */
  script(name: string): string;
  remove(): void;
}

/** Below `node_modules`, so that packages are found from there. */
export function stripEngines(): Stripped {
  const cache = path.join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const to = mkdtempSync(path.join(cache, "solebook-bench-"));
  for (const folder of FOLDERS) {
    mkdirSync(path.join(to, folder), { recursive: true });
    for (const name of readdirSync(path.join(ROOT, folder))) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
      const text = readFileSync(path.join(ROOT, folder, name), "utf8");
      const script = stripTypeScriptTypes(text).replaceAll(
        /((?:from |import\()"\.[^"]*)\.ts"/g,
        '$1.mjs"',
      );
      writeFileSync(path.join(to, folder, name.replace(/\.ts$/, ".mjs")), script);
    }
  }
  return {
    script: (name) => path.join(to, "bench/core", `${name}.mjs`),
    remove: () => rmSync(to, { recursive: true, force: true }),
  };
}
