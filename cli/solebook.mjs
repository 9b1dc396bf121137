#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// The door to the `solebook` command, in plain JavaScript so that any Node can read it. It makes
// sure that what follows runs on the Node this clone brought along, without warnings about the
// features it is built on (type stripping, node:sqlite), in worker threads too; then it hands over
// to main.ts. It must stay free of dependencies.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exists, modules, nodeOfThisClone, platform } from "./node-of-this-clone.mjs";

const QUIET = "--disable-warning=ExperimentalWarning";
const [major, minor] = process.versions.node.split(".").map(Number);
const isOurNode = major === 22 && minor >= 18;

if (!existsSync(modules)) {
  refuse("solebook: nothing is installed yet. Run `npm ci` in the folder of this clone first.");
} else if (isOurNode && process.execArgv.includes(QUIET)) {
  if (process.env.npm_lifecycle_event !== undefined) {
    stopWithNpm();
    hearSignalsOnce();
  }
  const { registerHooks } = await import("node:module"); // which older ones do not have
  const { loadOurs } = await import("../engine/shell/local-imports.ts");
  registerHooks({ load: loadOurs }); // from here on: a fifth of what the gateway computes
  const { main } = await import("./main.ts");
  await main(process.argv.slice(2));
} else {
  startAgain(isOurNode ? process.execPath : nodeOrRefuse());
}

function nodeOrRefuse() {
  const file = nodeOfThisClone();
  if (file !== undefined) return modules + file;
  return refuse(
    `solebook: needs Node 22 (22.18 or newer), this is ${process.versions.node}` +
      (exists
        ? ", and the one this clone brings along is missing. Run `npm ci` (without --omit=optional)."
        : `, and npm has no Node 22 for ${platform}: install it yourself.`),
  );
}

function startAgain(node) {
  const args = [QUIET, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  // Where it can be had, one process becomes the other and nobody stands between it and a signal.
  if (isOurNode && process.execve !== undefined && process.platform !== "win32") {
    process.execve(node, [node, ...args], process.env);
  }
  const child = spawn(node, args, { stdio: "inherit" });
  // Stay until the child has gone. A Ctrl-C at a terminal reaches the child by itself.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => refuse(`solebook: ${node} did not start: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

// npm and npx pass a signal to their shell only, which dies of it and leaves us behind, unnoticed.
function stopWithNpm() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 200);
  watch.unref();
}

// And where its shell has become us, one Ctrl-C comes twice: from the terminal and from npm.
function hearSignalsOnce() {
  const emit = process.emit;
  const lastMs = new Map([
    ["SIGINT", -Infinity],
    ["SIGTERM", -Infinity],
  ]);
  process.emit = (name, ...args) => {
    if (lastMs.has(name)) {
      const nowMs = performance.now();
      if (nowMs - lastMs.get(name) < 500) return true;
      lastMs.set(name, nowMs);
    }
    return emit.call(process, name, ...args);
  };
}

function refuse(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
