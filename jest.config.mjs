// Node strips the types itself, so jest needs no transformer. Run it through `npm test` or
// `npm run jest -- PATTERN`: it needs --experimental-vm-modules.
import "./.ci/jest/children.mjs";

export default {
  transform: {},
  extensionsToTreatAsEsm: [".ts"],
  testEnvironment: "./.ci/jest/environment.mjs",
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/gen/"],
  modulePathIgnorePatterns: ["<rootDir>/solebook-data/", "<rootDir>/coverage/"],
  testTimeout: 120_000, // of a busy machine: what waits in a test gives up before, with words
  maxWorkers: 3, // on two cores: tests wait for servers half of the time
  testSequencer: "<rootDir>/.ci/jest/order.mjs",
  reporters: ["default", "<rootDir>/.ci/jest/end.mjs"],
};
