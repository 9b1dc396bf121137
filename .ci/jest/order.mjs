// The order of the test files: those that take longest first, so that none of them is what everything
// else has to wait for at the end. jest itself knows no durations in a fresh clone and goes by size.
import sequencer from "@jest/test-sequencer";

const { default: Sequencer = sequencer } = sequencer;

/**
 * Ends of paths: twenty seconds and more, of 2026-11. About the longest first; but what starts a dozen
 * processes, brokers above all, comes beside what mostly waits or has one.
 */
const LONGEST = [
  "journal/kafka/faults.test.ts",
  "core/twin.test.ts",
  "match-stream/server.test.ts",
  "snapshot/snapshot.test.ts",
  "sim/sim.test.ts",
  "sim/crash.test.ts",
  "cluster/cluster.test.ts",
  "web/testing/looks.browser.test.ts",
  "shell/standby.test.ts",
  "cli/main.test.ts",
  "verbs/with-exchange.test.ts",
  "web/testing/account.browser.test.ts",
  "journal/kafka/kafka.test.ts",
  "web/testing/trouble.browser.test.ts",
  "cli/engine.test.ts",
  "cli/traders.test.ts",
  "cli/snapshots.test.ts",
  "shell/cluster-snapshots.test.ts",
  "shell/disk-errors.test.ts",
  "session/slow-reader.test.ts",
  "session/resume.test.ts",
  "client/entry-client.test.ts",
  "client/shard-client.test.ts",
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rankOf = ({ path }) => {
      const rank = LONGEST.findIndex((end) => path.endsWith(end));
      return rank < 0 ? LONGEST.length : rank;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's, not an array's
    return super.sort(tests).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
