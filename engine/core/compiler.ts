/**
 * What V8 is to be told before the core's files are loaded, by whoever starts a process or a thread for a
 * shard: its functions are small and many, and a call costs more than what most of them do, so that
 * most of a command's way may become one function. More of it than this is compiled for seconds.
 */
export const COMPILER_FLAGS: readonly string[] = [
  "--max-inlined-bytecode-size=1000",
  "--max-inlined-bytecode-size-cumulative=20000",
  "--max-inlined-bytecode-size-absolute=100000",
];
