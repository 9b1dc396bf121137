// A reporter for the end of a run: it says how each file that failed is run alone, and sees to it that
// jest ends. A test that failed in the middle of something may leave a socket or a timer that keeps
// the process alive for ever, when the tests ran in jest's own. Who only needs a moment has it.
import { relative } from "node:path";

const MOMENT_MS = 3_000;

export default class End {
  onRunComplete(_contexts, { testResults }) {
    const failed = testResults.filter(isFailed).map(({ testFilePath }) => testFilePath);
    const alone = failed.map((path) => `  npm run jest -- ${relative(process.cwd(), path)}\n`);
    if (alone.length > 0) process.stderr.write(`\nWhat failed, alone:\n${alone.join("")}`);
    setTimeout(() => {
      const holding = [...new Set(process.getActiveResourcesInfo())].join(", ");
      process.stderr.write(`jest is ended, though something still holds it: ${holding}\n`);
      process.exit(); // with the code that jest has set
    }, MOMENT_MS).unref();
  }
}

function isFailed({ numFailingTests, testExecError }) {
  return numFailingTests > 0 || testExecError !== undefined;
}
