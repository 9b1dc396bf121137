/** `npm run cluster`: the exchange as a cluster on this machine, to look at, until Ctrl-C. */
import { startExchangeCluster } from "./cluster.ts";

console.log(
  "starting three brokers, Postgres, Redis, two shards with standbys and match streams, two gateways…",
);
const cluster = await startExchangeCluster({ brokers: 3, shards: 2, gateways: 2 });
for (const { url, dir } of cluster.gateways()) console.log(`gateway  ${url}  (${dir})`);
for (const engine of cluster.engines()) {
  console.log(`engine   ${engine.address}  shard ${engine.shard}`);
}
for (const { shard, address } of cluster.streams())
  console.log(`events   ${address}  shard ${shard}`);
console.log(`Kafka    ${cluster.brokers.join(",")}`);
console.log(`Redis    ${cluster.redis.url}`);
console.log("Ctrl-C ends it, and what it holds is gone");

let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (isStopping) return;
    isStopping = true;
    void cluster.stop().then(() => process.exit(0));
  });
}
setInterval(() => {}, 60_000);
