/**
 * What was measured, as a table for people, and the ratios that hold on any machine.
 */
import type { EngineName } from "./engines.ts";
import type { Measured } from "./run.ts";

const millions = (perS: number): string => (perS / 1e6).toFixed(perS < 1e6 ? 3 : 2);

function row(cells: readonly string[]): string {
  const widths = [12, 18, 9, 15, 8, 8, 8, 10, 7, 17];
  return cells
    .map((cell, n) => cell.padEnd(widths[n] ?? 0))
    .join(" ")
    .trimEnd();
}

function lineOf({ case: one, range, max_ns: max, collections }: Measured): string {
  return row([
    one.workload,
    one.engine,
    millions(one.ops_per_s),
    `${millions(range[0])}–${millions(range[1])}`,
    String(one.p50_ns),
    String(one.p99_ns),
    String(one.p999_ns),
    String(max),
    one.bytes_per_order === null ? "" : String(one.bytes_per_order),
    `${one.checksum}${collections > 0 ? ` (${collections} collections)` : ""}`,
  ]);
}

export function report(measured: readonly Measured[]): string {
  const speedOf = (workload: string, engine: EngineName): number | undefined =>
    measured.find(({ case: one }) => one.workload === workload && one.engine === engine)?.case
      .ops_per_s;
  const ratio = (a: number | undefined, b: number | undefined, digits: number): string =>
    a === undefined || b === undefined ? "–" : (a / b).toFixed(digits);
  const names = [...new Set(measured.map(({ case: one }) => one.workload))];
  const head = ["workload", "engine", "M/s", "range", "p50 ns", "p99", "p99.9", "max", "B/order"];
  const lines = [row([...head, "checksum"]), ...measured.map(lineOf), ""];
  for (const name of names) {
    const book = speedOf(name, "book");
    lines.push(
      `${name.padEnd(12)} book / nodejs-order-book ${ratio(book, speedOf(name, "nodejs-order-book"), 0).padStart(5)}` +
        `   shard / book ${ratio(speedOf(name, "shard"), book, 2)}`,
    );
  }
  for (const engine of ["shard", "book"] as const) {
    const first = speedOf("growth-10k", engine);
    if (first === undefined) continue;
    const costs = ["growth-100k", "growth-1m", "growth-10m"]
      .map((name) => `${name.slice(7)} ${ratio(first, speedOf(name, engine), 2)}`)
      .join(", ");
    lines.push(`growth: a command of the ${engine} costs, against 10k: ${costs}`);
  }
  return `${lines.join("\n")}\n`;
}
