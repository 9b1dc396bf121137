// What a test file leaves running when it fails in the middle of something: processes it started and
// threads of this one. They would take the processor from the files that follow, and keep jest from
// ending. Both are noted as they begin, and what still lives when its file is over is ended, and named.
import { ChildProcess } from "node:child_process";
import { relative } from "node:path";

const children = new Set();
const threads = new Set();

const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function spawnNoted(options) {
  const result = spawn.call(this, options);
  if (this.pid !== undefined) {
    const isLeader = options.detached === true;
    // Of a shell that holds a program, the program.
    const words = options.args[1] === "-c" ? options.args.slice(4) : options.args;
    const child = { process: this, isLeader, what: words.join(" ") };
    children.add(child);
    this.once("exit", () => children.delete(child));
  }
  return result;
};

process.on("worker", (thread) => {
  threads.add(thread);
  thread.once("exit", () => threads.delete(thread));
});

process.on("exit", () => {
  for (const child of children) kill(child);
});

/** Ends all that was begun since the last time. */
export async function endLeftovers(path) {
  const names = [...children].map(({ what }) => `  process: ${what.slice(0, 200)}\n`);
  for (const _ of threads) names.push("  a thread\n");
  if (names.length === 0) return;
  const file = relative(process.cwd(), path);
  process.stderr.write(`${file} left running, and it was ended now:\n${names.join("")}`);
  for (const child of children) {
    kill(child);
    for (const stream of child.process.stdio ?? []) stream?.destroy();
    child.process.unref();
  }
  children.clear();
  await Promise.all([...threads].map((thread) => thread.terminate()));
}

/** One that leads a group of its own, with the group: a shell that holds a broker, a database. */
function kill({ process: child, isLeader }) {
  try {
    process.kill(isLeader ? -child.pid : child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
