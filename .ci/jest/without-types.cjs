// Loaded by every process and thread that a test starts, before anything else: sources with types are
// stripped once, not by each of them again. Of a process that runs a shard it was half of the start. What
// is run is what Node would have run: its own stripping, kept under a hash of the source.
"use strict";
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const nodeModule = require("node:module");
const { join } = require("node:path");
const { fileURLToPath } = require("node:url");
const { isMainThread } = require("node:worker_threads");

const CACHE = join(__dirname, "../../node_modules/.cache/without-types");
const VERSION = `${process.version}\n`;
const { stripTypeScriptTypes: strip, registerHooks, syncBuiltinESMExports } = nodeModule;

function withoutTypes(source, options) {
  if (options !== undefined) return strip(source, options); // jest's, which keeps them itself
  const path = join(CACHE, createHash("sha256").update(VERSION).update(source).digest("hex"));
  try {
    return readFileSync(path, "utf8");
  } catch {
    const stripped = strip(source);
    keep(path, stripped);
    return stripped;
  }
}

/** Whole or not at all; a process that is not let write, or not for long, goes on without. */
function keep(path, stripped) {
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(draft, stripped);
    renameSync(draft, path);
  } catch {
    // The next one keeps it.
  }
}

function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const source = withoutTypes(readFileSync(fileURLToPath(url), "utf8"));
  return { format: "module", source, shortCircuit: true };
}

// Older ones, which some tests start too, know no types.
if (strip !== undefined && registerHooks !== undefined) {
  nodeModule.stripTypeScriptTypes = withoutTypes;
  syncBuiltinESMExports();
  const isJest = isMainThread && /node_modules\/jest(-worker)?\//.test(process.argv[1] ?? "");
  if (!isJest) registerHooks({ load }); // it has a loader of its own
}
