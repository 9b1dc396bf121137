// Which folder may import which: the picture in CONTRIBUTING.md as rules for dependency-cruiser.
// Each `only` line reads "code in FROM imports nothing but TO"; tests are free, and nobody imports
// them. A path is from the top of the clone; npm packages and Node's own modules are free unless
// the line says `pure`.
const TESTS = "\\.test\\.ts$|(^|/)testing/";
const LAYOUTS = "^engine/core/(assert|client-order-id|codes|command|event|limits|shard-api)\\.ts$"; // never state
const OURS = "^(engine|gateway|cli|proto|satellites|bench|loadtest)/"; // what a line without `pure` is about

const SPEAK_TO_SOCKETS =
  "^gateway/(main|port|rest/server|session/socket|session/session)\\.ts$|^loadtest/venue/echo\\.ts$|^cli/doctor/";

const LINES = [
  { from: "engine/core", to: [], pure: true, why: "the core is pure and uses itself only" },
  { from: "engine/ring", to: [], pure: true, why: "the ring is a leaf under shell and client" },
  { from: "engine/rpc", to: [], why: "what gRPC needs is a leaf under shell and client, too" },
  { from: "engine/shell", to: ["engine/core", "engine/ring", "engine/rpc", "proto/gen"] },
  { from: "engine/client", to: [LAYOUTS, "engine/ring", "engine/rpc", "proto/gen"] },
  { from: "engine/sim", to: ["engine/core", "engine/shell", "engine/ring"] },
  { from: "bench", to: ["engine/core", "engine/shell", "engine/ring", "engine/client"] },
  { from: "gateway/client", to: [], why: "the public client knows the public API only" },
  { from: "gateway/web", to: ["gateway/client"] },
  { from: "gateway", to: ["engine/client", "proto/gen"] },
  { from: "satellites/kit", to: ["proto/gen"] },
  { from: "satellites/$1", to: ["satellites/kit", "engine/client", "proto/gen"] },
  { from: "loadtest", to: ["gateway/client", "proto/gen"], why: "load tests are a black box" },
  { from: "proto/gen", to: [] },
];

const path = (folder) => (folder.startsWith("^") ? folder : `^${folder}/`);

function only({ from, to, pure = false, why }) {
  const grouped = from === "satellites/$1";
  const inner = { gateway: "^gateway/(client|web)/" }[from];
  const fromPath = grouped ? "^satellites/(?!kit/)([^/]+)/" : path(from);
  return {
    name: `${from.replace("/$1", "/*")} imports ${["itself", ...to.map(short)].join(", ")} only`,
    severity: "error",
    ...(why === undefined ? {} : { comment: why }),
    from: { path: fromPath, pathNot: inner === undefined ? TESTS : `${TESTS}|${inner}` },
    to: {
      ...(pure ? {} : { path: OURS }),
      pathNot: [path(from), ...to.map(path)].join("|"),
    },
  };
}

function short(folder) {
  return folder === LAYOUTS ? "the core's layouts" : folder;
}

export default {
  forbidden: [
    ...LINES.map(only),
    {
      name: "nothing imports a test",
      severity: "error",
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: "nothing but the cli imports the cli",
      severity: "error",
      from: { path: OURS, pathNot: `^cli/|${TESTS}` },
      to: { path: "^cli/" },
    },
    {
      // Each of its traps has its guard in one of these (gateway/README.md), so nobody else meets them.
      name: "uWebSockets.js is spoken to where its traps are guarded",
      severity: "error",
      from: { path: OURS, pathNot: `${SPEAK_TO_SOCKETS}|${TESTS}` },
      to: { path: "uWebSockets\\.js|uws-pack" },
    },
    { name: "no import cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "every import is there", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      // What is measured against and measured with is no part of what runs.
      name: "what runs needs no devDependency",
      severity: "error",
      from: { path: OURS, pathNot: `^bench/|^loadtest/(?!traders/)|${TESTS}` },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|coverage|solebook-data)/.*\\.d\\.ts$" },
    tsPreCompilationDeps: true, // imports of types count too
    combinedDependencies: true, // cli/ has a package.json for its command, its packages are the clone's
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
