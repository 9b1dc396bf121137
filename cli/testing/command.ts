/** Runs the `solebook` command in a process of its own, as a user would. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const LAUNCHER = fileURLToPath(new URL("../solebook.mjs", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Around {
  /** What stands on its standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function solebook(args: readonly string[], around: Around = {}): Promise<Ended> {
  const launch = ["--disable-warning=ExperimentalWarning", LAUNCHER, ...args];
  const { PATH, NODE_OPTIONS = "" } = process.env; // the latter is jest's, which spares it time
  const env = { PATH, NODE_OPTIONS, ...around.env };
  const child = spawn(process.execPath, launch, { stdio: "pipe", env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on("error", () => {}); // it may have ended without reading
  child.stdin.end(around.input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
