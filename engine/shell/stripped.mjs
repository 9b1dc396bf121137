// Loads a program of ours from sources without types, in a thread or a process; see thread.ts. Plain
// JavaScript, because one file with types would be enough. What is not among the sources is loaded as ever.
import { registerHooks } from "node:module";
import { setFlagsFromString } from "node:v8";

/** What its entry exports. */
export function loadStripped({ entry, sources, flags }) {
  for (const flag of flags) setFlagsFromString(flag);
  registerHooks({
    load: (url, context, nextLoad) => {
      const source = sources.get(url);
      if (source === undefined) return nextLoad(url, context);
      return { format: "module", source, shortCircuit: true };
    },
  });
  return import(entry);
}
