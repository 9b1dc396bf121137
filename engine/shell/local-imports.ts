/**
 * Sources as V8 likes them: without types, and with what a file imports from another of ours as constants
 * of its own. To the compiler an import is a cell that it reads, and checks, at each use; a module's own
 * constant it knows. So `index * EVENT_BYTES` becomes a shift, and `EventType.TRADE` a number.
 *
 * ```
 * import { EVENT_BYTES } from "./event.ts";
 * import { EVENT_BYTES as $EVENT_BYTES } from "./event.ts";const EVENT_BYTES=$EVENT_BYTES;
 * ```
 *
 * No more than that: lines stay where they are. What is imported must be whole before it is read: nothing
 * of ours exports a variable that changes, and no two files import each other.
 */
import { readFileSync } from "node:fs";
import { type LoadHookSync, stripTypeScriptTypes } from "node:module";

/** An `import { … }` of a file of ours. */
const IMPORT = /^import\s*\{([^}]*)\}\s*from\s*("\.[^"\n]*\.ts");/gm;
const NAME = /^(\s*)([\w$]+)(?:\s+as\s+([\w$]+))?(\s*)$/;

/** The root of all that is ours. */
const OURS = new URL("../..", import.meta.url).href;
const THEIRS = "/node_modules/";

/** For `registerHooks`: loads every file of ours like that. */
export const loadOurs: LoadHookSync = (url, context, nextLoad) => {
  const isOurs = url.startsWith(OURS) && url.endsWith(".ts") && !url.includes(THEIRS);
  if (!isOurs) return nextLoad(url, context);
  return { format: "module", source: sourceOf(url), shortCircuit: true };
};

/** What stands at that URL, to be run as JavaScript. */
export function sourceOf(url: string): string {
  return withLocalImports(stripTypeScriptTypes(readFileSync(new URL(url), "utf8")));
}

export function withLocalImports(source: string): string {
  return source.replace(IMPORT, (_import, names: string, from: string) => {
    const own: string[] = [];
    const list = names
      .split(",")
      .map((each) => {
        const found = NAME.exec(each);
        if (found === null) return each; // nothing, or a comment: it stays as it is
        const [, before = "", name = "", as = name, after = ""] = found;
        own.push(`${as}=$${as}`);
        return `${before}${name} as $${as}${after}`;
      })
      .join(",");
    const constants = own.length > 0 ? `const ${own.join(",")};` : "";
    return `import {${list}} from ${from};${constants}`;
  });
}
