/** What gateway and satellites may use of the engine; nothing else of it is theirs. */
export * from "./layouts.ts";
export { openRingClient, type RingClient } from "./ring-client.ts";
export * from "./shard-client.ts";
