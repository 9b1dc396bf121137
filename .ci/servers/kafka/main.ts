/** `npm run kafka [-- 3]`: a broker (or three) to look at, until Ctrl-C. */
import { startCluster } from "./cluster.ts";

const [asked = "1"] = process.argv.slice(2);
if (asked !== "1" && asked !== "3") {
  console.error(`there are 1 or 3 brokers, not "${asked}"`);
  process.exit(2);
}
const brokers = asked === "3" ? 3 : 1;
const cluster = await startCluster({ brokers });
console.log(
  `Kafka answers at ${cluster.brokers.join(",")}; Ctrl-C ends it, and what it holds is gone`,
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void cluster.stop().then(() => process.exit(0)));
}
setInterval(() => {}, 60_000);
