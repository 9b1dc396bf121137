/** The journal's figures for people, beside what they are wanted to be. */
import type { JournalMeasured } from "./run.ts";

export function reportJournal({ lines, file, kafka, recovery, snapshot }: JournalMeasured): string {
  const rows: string[] = [...lines];
  const row = (what: string, figure: string, wanted: string): void =>
    void rows.push(`${what.padEnd(58)} ${figure.padStart(6)}  (${wanted})`);
  if (file !== null) {
    const pipeline = (file.pipeline_per_s / 1e6).toFixed(2);
    row(
      "an ack, one at a time, in bare syncs of its bytes",
      file.ack_over_sync.toFixed(2),
      "≤ 2.5",
    );
    row(
      "1,000 in flight: share of shard, then bare sync",
      percent(file.throughput_share),
      "≥ 60 %",
    );
    row("full batches, millions of commands a second", pipeline, "≥ 3 when nothing else runs");
  }
  if (kafka !== null) {
    row("at a broker: share of a bare producer", percent(kafka.share_of_bare), "≥ 80 %");
  }
  if (recovery !== null) {
    const { share_of_core: share, snapshot_1m_s: seconds } = recovery;
    row("replay: share of the whole shard fed from memory", percent(share), "≥ 50 %");
    row("start from a snapshot of a million orders, seconds", seconds.toFixed(2), "≤ 3");
  }
  if (snapshot !== null) {
    const { ratio, snapshotMs, quietMs, seconds, comparisons } = snapshot;
    rows.push(
      `while a snapshot is taken (${seconds.toFixed(1)} s) p99 of an ack is ${snapshotMs.toFixed(2)} ms, ` +
        `in the moments between ${quietMs.toFixed(2)} ms`,
    );
    row(`that as a share, median of ${comparisons} comparisons`, percent(ratio), "≤ 110 %");
    const [low, high] = snapshot.likely.map(percent);
    const [taken, quiet] = [percent(snapshot.tailTaken), percent(snapshot.tailQuiet)];
    rows.push(
      `nine times in ten chance leaves it between ${low} and ${high}; a tenth of them is beyond ` +
        `${taken}, and of moments without, against those with, ${quiet}`,
    );
  }
  return `${rows.join("\n")}\n`;
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
