// Node strips the types itself, so jest needs no transformer. Run it through `npm test` or
// `npm run jest -- PATTERN`: it needs --experimental-vm-modules.
export default {
  transform: {},
  extensionsToTreatAsEsm: [".ts"],
  testEnvironment: "./.ci/jest/environment.mjs",
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/gen/"],
  modulePathIgnorePatterns: ["<rootDir>/solebook-data/", "<rootDir>/coverage/"],
  testTimeout: 60_000,
  maxWorkers: 2,
  reporters: ["default", "<rootDir>/.ci/jest/end.mjs"],
};
