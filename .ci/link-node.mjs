// Runs after `npm ci`. The packages that carry Node 22, one per platform, share the name `node` in
// node_modules/.bin; npm 9 and 10 take the name away again when they drop the packages of other
// platforms. This puts it back, so that every npm script runs on our Node, whatever npm installed it.
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { modules, nodeOfThisClone, platform } from "../cli/node-of-this-clone.mjs";

const file = nodeOfThisClone();
const link = join(modules, ".bin", process.platform === "win32" ? "node.cmd" : "node");

if (file === undefined) {
  console.error(
    `solebook: npm brought no Node 22 for ${platform}; the one on your PATH must be it`,
  );
} else if (!existsSync(link)) {
  if (process.platform === "win32") writeFileSync(link, `@"%~dp0\\..\\${file}" %*\r\n`);
  else symlinkSync(join("..", file), link);
}
