// Builds the page into dist/ when a source changed since the last time: `npm ci` and `npm start` call
// it, and the second start is not slowed. Beside every file it leaves the same one compressed.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..", "..");
const dist = join(here, "dist");
const stampFile = join(dist, ".sources");
const COMPRESSED = /\.(html|js|css|svg)$/;

const stamp = sourcesStamp();
if (readIfThere(stampFile) !== stamp) await build();

async function build() {
  const startMs = performance.now();
  let vite;
  try {
    vite = await import("vite");
  } catch {
    console.error("solebook: the page is not built, vite is not installed; run `npm ci`");
    process.exitCode = 1;
    return;
  }
  rmSync(stampFile, { force: true });
  await vite.build({ configFile: join(here, "vite.config.mjs"), logLevel: "error" });
  for (const file of filesIn(dist, true)) if (COMPRESSED.test(file)) compress(file);
  writeFileSync(stampFile, stamp);
  console.log(`solebook: page built in ${((performance.now() - startMs) / 1_000).toFixed(1)} s`);
}

function compress(file) {
  const body = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  writeFileSync(`${file}.br`, brotliCompressSync(body, { params }));
  writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
}

/** A digest over everything that goes into the page. */
function sourcesStamp() {
  const hash = createHash("sha256");
  for (const folder of [here, join(here, "..", "client")]) {
    for (const file of filesIn(folder)) {
      if (/\.test\.tsx?$|\.md$/.test(file)) continue;
      hash.update(`${relative(root, file)}\n`).update(readFileSync(file));
    }
  }
  return hash.update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}

function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return [path];
      return path === dist || entry.name === "testing" ? [] : filesIn(path);
    });
}

function readIfThere(file) {
  return statSync(file, { throwIfNoEntry: false }) === undefined
    ? undefined
    : readFileSync(file, "utf8");
}
