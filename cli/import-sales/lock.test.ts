// One import at a time on a data directory, whoever held it before and however that one died.
import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockImports } from "./lock.ts";

test("an import that is killed leaves no lock behind", async () => {
  const dir = mkdtempSync(join(tmpdir(), "solebook-lock-"));
  const script =
    `import { lockImports } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};` +
    `globalThis.held = lockImports(${JSON.stringify(dir)}); console.log("held");` +
    "setInterval(() => {}, 1_000);";
  const other = spawn(process.execPath, ["--input-type=module", "-e", script]);
  try {
    await once(other.stdout, "data");
    expect(() => lockImports(dir)).toThrow("another import-sales is running on");
    other.kill("SIGKILL");
    await once(other, "exit");
    lockImports(dir).release();
  } finally {
    other.kill("SIGKILL");
    rmSync(dir, { recursive: true });
  }
  expect(() => lockImports(dir)).toThrow(`${join(dir, "import.lock")} cannot be opened`);
});
