/** `solebook import-sales`: a file of real sales, traded through the public socket and checked. */
import { readArguments } from "../arguments.ts";
import { Failure } from "../errors.ts";
import { EXCHANGE_OPTIONS, EXCHANGE_USAGE, findExchange, makeAdmin } from "../exchange.ts";
import { makeProgress } from "../import-sales/progress.ts";
import { readRecords } from "../import-sales/records.ts";
import { discrepancies, jsonLine, report, words } from "../import-sales/report.ts";
import { Interrupted, run as trade, type RunResult } from "../import-sales/run.ts";
import { newRunId, readRunId, type RunId } from "../import-sales/run-id.ts";
import { collectSales, type Sales } from "../import-sales/sales.ts";
import { PATIENCE } from "../import-sales/silence.ts";

const BAD_ROWS_NAMED_MAX = 20;

export const usage = `solebook import-sales FILE [--strict] [--run-id ID] [--json]

Trades every row of a CSV file (.gz as it is) through the public WebSocket: an ask by one account and,
once that is acknowledged, a bid by another, at the row's product, size and price. Then it checks from
the trades channel that every row became one trade. The file has a header with the columns

  order_date,brand,sneaker_name,sale_price_cents,retail_price_cents,release_date,shoe_size

and may have others. Prices are rounded to whole dollars, half up. The rows trade on products of their
own, SALE-..., which are added when missing, by the accounts sales-seller and sales-buyer. One import
at a time, by a lock in DIR: it begins by cancelling what these two accounts left in the books and by
revoking the keys of a run that was killed. When the exchange refuses everything (its disk is full) or
answers nothing for a minute, it stops and says how to go on.

  --strict     stop at the first bad row, before anything is traded; else bad rows are named and skipped
  --run-id ID  go on with a run that was cut off: the same orders again, each of which trades once
               (within 55 minutes of its start; the run printed its id)
${EXCHANGE_USAGE}  --json       ends with one line: {"rows","skipped","rounded","trades","lost","notional_minor",
               "seconds","orders_per_s"}
`;

export async function run(args: readonly string[]): Promise<void> {
  const { values, words: given } = readArguments(args, {
    options: {
      ...EXCHANGE_OPTIONS,
      "run-id": { type: "string" },
      strict: { type: "boolean" },
      json: { type: "boolean" },
    },
    words: ["FILE"],
  });
  const file = given[0]!;
  const again = values["run-id"];
  const runId = again === undefined ? newRunId(Date.now()) : readRunId(again, Date.now());
  const exchange = findExchange(values);
  const sales = await readSales(file, values.strict ?? false);
  const admin = makeAdmin(exchange);
  const rows = sales.lines.length;
  say(
    `run ${runId.text}: ${rows} rows, ${sales.instruments.length} instruments of ${sales.models.length} models`,
  );
  const progress = makeProgress(process.stderr, rows);
  const stops: ((why: string) => void)[] = [];
  const onInterrupt = (): void => stops.forEach((stop) => stop("stopped"));
  process.once("SIGINT", onInterrupt).once("SIGTERM", onInterrupt);
  let result: RunResult;
  try {
    result = await trade({
      exchange,
      admin,
      sales,
      runId,
      isSentAgain: again !== undefined,
      patience: PATIENCE,
      say: (text) => progress.interrupt(() => say(text)),
      onProgress: progress.show,
      onStop: (stop) => stops.push(stop),
    });
  } catch (error) {
    if (error instanceof Interrupted) throw new Failure(goOn(error.message, file, runId, args));
    throw error;
  } finally {
    progress.end();
    process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
  }
  finish(sales, result, values.json ?? false);
}

async function readSales(file: string, isStrict: boolean): Promise<Sales> {
  let named = 0;
  const sales = await collectSales(readRecords(file), (line, why) => {
    if (isStrict) throw new Failure(`${file}, line ${line}: ${why}; nothing was traded`);
    if (++named <= BAD_ROWS_NAMED_MAX) say(`line ${line} skipped: ${why}`);
  });
  if (named > BAD_ROWS_NAMED_MAX) say(`and ${named - BAD_ROWS_NAMED_MAX} more lines skipped`);
  return sales;
}

function finish(sales: Sales, result: RunResult, isJson: boolean): void {
  const figures = report(sales, result);
  for (const reason of result.ledger.reasons) say(`lost: ${reason}`);
  const wrong = discrepancies(sales, result.ledger);
  for (const line of wrong) say(line);
  process.stdout.write(isJson ? jsonLine(figures) : words(figures));
  if (figures.lost > 0 || wrong.length > 0) {
    throw new Failure(
      `${figures.lost} of ${figures.rows} rows did not become the trade they should`,
    );
  }
}

function goOn(why: string, file: string, runId: RunId, args: readonly string[]): string {
  const exchange = ["--url", "--data"].flatMap((flag) => {
    const at = args.indexOf(flag);
    return at === -1 ? [] : [flag, args[at + 1]!];
  });
  const command = ["solebook import-sales", file, ...exchange, "--run-id", runId.text].join(" ");
  return `${why}; until ${runId.deadline} go on with: ${command}`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
