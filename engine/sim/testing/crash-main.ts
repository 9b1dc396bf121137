/**
 * `npm run crash-test -- --cycles N [--json] [--kafka] [--seed S]`: real processes, `kill -9`, under load.
 * Wiring only.
 */
import { readAsked, readCount } from "../asked.ts";
import { runFileCycles } from "./file-cycles.ts";
import { runKafkaCycles } from "./kafka-cycles.ts";

const USAGE = `npm run crash-test -- --cycles N [--json] [--seed S]    on files
npm run crash-test -- --kafka --cycles N [--json]    at three real brokers
`;

const tell = (words: string): void => void process.stdout.write(`${words}\n`);

async function main(): Promise<void> {
  const { values } = readAsked(USAGE, {
    options: {
      cycles: { type: "string" },
      kafka: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.cycles === undefined) return void process.stdout.write(USAGE);
  const wanted = readCount("--cycles", values.cycles);
  const result = values.kafka
    ? await runKafkaCycles(wanted, tell)
    : await runFileCycles(wanted, readCount("--seed", values.seed), tell);
  const { cycles, acked, lost, doubled, findings, ...more } = result;
  for (const finding of findings.slice(0, 20)) tell(finding);
  tell(JSON.stringify(more));
  if (values.json) tell(JSON.stringify({ cycles, acked, lost, doubled }));
  if (lost + doubled > 0) process.exitCode = 1;
}

await main();
