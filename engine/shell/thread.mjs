// The first file of a thread that applies commands; see thread.ts. Plain JavaScript, because one file
// with types would be enough. What is not among the sources is loaded as ever.
import { registerHooks } from "node:module";
import { setFlagsFromString } from "node:v8";
import { workerData } from "node:worker_threads";

// The core's functions are small and many: the compiler may put more of them into one.
setFlagsFromString("--max-inlined-bytecode-size-cumulative=4000");
setFlagsFromString("--max-inlined-bytecode-size=1500");

const { entry, sources } = workerData.thread;

registerHooks({
  load: (url, context, nextLoad) => {
    const source = sources.get(url);
    if (source === undefined) return nextLoad(url, context);
    return { format: "module", source, shortCircuit: true };
  },
});

await import(entry);
