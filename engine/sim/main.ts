/**
 * `npm run sim -- SEED` tells one run loudly; `npm run sim -- --from N --seeds K [--json]` counts many.
 * Wiring only.
 */
import { readAsked, readCount, refuse } from "./asked.ts";
import { runMany } from "./many.ts";
import { runSeed, type SeedResult } from "./run.ts";

const USAGE = `npm run sim -- SEED                          one seed, told loudly
npm run sim -- --from N --seeds K [--json]   so many seeds from there on; --json ends with one line
`;

const tell = (words: string): void => void process.stdout.write(`${words}\n`);

function tellFailed({ seed, error }: SeedResult): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  tell(`seed ${seed} failed: ${words}`);
  tell(`to see it again: npm run sim -- ${seed}`);
}

async function main(): Promise<void> {
  const { values, positionals } = readAsked(USAGE, {
    allowPositionals: true,
    options: {
      from: { type: "string", default: "1" },
      seeds: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [one, extra] = positionals;
  if (extra !== undefined) refuse(`"${extra}" is one word too many\n${USAGE}`);
  if (one !== undefined) {
    const result = await runSeed(readCount("SEED", one), tell);
    if (result.error === null) return tell(JSON.stringify(result.tally));
    process.exitCode = 1;
    return tellFailed(result);
  }
  if (values.seeds === undefined) return void process.stdout.write(USAGE);
  const from = readCount("--from", values.from);
  const summary = await runMany(from, readCount("--seeds", values.seeds), tellFailed);
  const { seeds, failed, first_failed, commands, faults, ...more } = summary;
  tell(
    `${more.acked} orders acknowledged; the disk cost the last frame ${more.cut} times, and a start`,
  );
  tell(`was rightly refused ${more.refused} times`);
  if (values.json) tell(JSON.stringify({ seeds, failed, first_failed, commands, faults }));
  if (failed > 0) process.exitCode = 1;
}

await main();
