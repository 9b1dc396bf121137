// The first file of a thread that applies commands; see thread.ts. Plain JavaScript, because one file
// with types would be enough. What is not among the sources is loaded as ever.
import { registerHooks } from "node:module";
import { setFlagsFromString } from "node:v8";
import { workerData } from "node:worker_threads";

const { entry, sources, flags } = workerData.thread;
for (const flag of flags) setFlagsFromString(flag);

registerHooks({
  load: (url, context, nextLoad) => {
    const source = sources.get(url);
    if (source === undefined) return nextLoad(url, context);
    return { format: "module", source, shortCircuit: true };
  },
});

await import(entry);
