// A jest reporter: the first failed test ends the run. Jest's own --bail waits for the rest of the file,
// and a fault that one test has found may make the next one wait for ever.
export default class FirstFailure {
  onTestCaseResult(_test, { status }) {
    if (status === "failed") process.exit(1);
  }
}
