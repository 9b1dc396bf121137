/** The machine and what is installed on it: Node, the prebuilt modules, limits, the clock, memory. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism, freemem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { wordsOf } from "../errors.ts";
import { type Finding, good, odd, wrong } from "./finding.ts";

const CLONE = fileURLToPath(new URL("../../", import.meta.url));
const MINOR_MIN = 18;
const FREE_BYTES_MIN = 1024 ** 3;
const OPEN_FILES_MIN = 12_000; // 10,000 sockets, and what else is open
const BUILT_AT_MS = Date.UTC(2026, 0); // no exchange of this code ran before

export function lookAtNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major === 22 && minor >= MINOR_MIN) return good("node", `${version} at ${process.execPath}`);
  return wrong(
    "node",
    `${version}; this runs on Node 22 (22.${MINOR_MIN} or newer). \`npm ci\` brings it.`,
  );
}

/** Each loaded as the exchange loads it: a file that is there may still be of another platform. */
export async function lookAtModules(): Promise<Finding> {
  const failed: string[] = [];
  const load = async (name: string, loading: Promise<unknown>): Promise<void> => {
    await loading.catch((error: unknown) => failed.push(`${name} (${wordsOf(error)})`));
  };
  await load("uWebSockets.js", import("uWebSockets.js"));
  await load("node:sqlite", import("node:sqlite"));
  await load("@grpc/grpc-js", import("@grpc/grpc-js"));
  await load("kafkajs", import("kafkajs"));
  if (failed.length === 0) return good("modules", "all of them load");
  return wrong(
    "modules",
    `cannot be loaded: ${failed.join("; ")}. Run \`npm ci\` in ${CLONE}, on this machine itself.`,
  );
}

export function lookAtPage(clone = CLONE): Finding {
  if (existsSync(join(clone, "gateway/web/dist/index.html"))) return good("page", "is built");
  return odd("page", "is not built, so browsers get none: run `npm run page`.");
}

export function lookAtClock(nowMs = Date.now()): Finding {
  if (nowMs < BUILT_AT_MS) {
    return wrong("clock", `says ${new Date(nowMs).toISOString()}: set it, and keep it by NTP.`);
  }
  return good("clock", new Date(nowMs).toISOString());
}

export function lookAtOpenFiles(): Finding {
  const limit = openFilesLimit();
  if (limit === null) return good("open files", "this system has no such limit");
  if (limit >= OPEN_FILES_MIN) return good("open files", `up to ${limit}`);
  return odd(
    "open files",
    `at most ${limit}, and each connection is one: \`ulimit -n ${OPEN_FILES_MIN}\` before ` +
      "the start makes room for 10,000.",
  );
}

/** null where there is none. */
function openFilesLimit(): number | null {
  if (process.platform === "win32") return null;
  const { userLimits } = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft: number | string } };
  };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : null;
}

export function lookAtMemory(
  free = availableBytes(),
  processors = availableParallelism(),
): Finding {
  const said = `${Math.round(free / 1024 ** 2)} MiB free, ${processors} processors`;
  if (free < FREE_BYTES_MIN) {
    return odd("memory", `${said}: a full book and its match stream want 1 GiB.`);
  }
  if (processors < 2) {
    return odd("memory", `${said}: the shard and the gateway want one each.`);
  }
  return good("memory", said);
}

/** What the system can give without swapping, or a container's own bound when that is less. */
function availableBytes(): number {
  const meminfo = "/proc/meminfo";
  const bounded = process.constrainedMemory();
  const bound = bounded > 0 ? bounded - process.memoryUsage.rss() : Infinity;
  if (!existsSync(meminfo) || !statSync(meminfo).isFile()) return Math.min(freemem(), bound);
  const found = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync(meminfo, "utf8"));
  return Math.min(found === null ? freemem() : Number(found[1]) * 1024, bound);
}
