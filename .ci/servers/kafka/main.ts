/** `npm run kafka [-- 3]`: a broker (or three) to look at, until Ctrl-C. */
import { startCluster } from "./cluster.ts";

const brokers = process.argv[2] === "3" ? 3 : 1;
const cluster = await startCluster({ brokers });
console.log(
  `Kafka answers at ${cluster.brokers.join(",")}; Ctrl-C ends it, and what it holds is gone`,
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void cluster.stop().then(() => process.exit(0)));
}
setInterval(() => {}, 60_000);
