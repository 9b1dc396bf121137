// Lets every process and thread that a test starts begin with `without-types.cjs` and `short-lived.cjs`:
// jest's processes, and with them what they start, inherit this one's environment.
import { fileURLToPath } from "node:url";

const first = ["without-types.cjs", "short-lived.cjs"].map((file) => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return `--require ${JSON.stringify(path)}`;
});
const given = process.env.NODE_OPTIONS ?? "";
process.env.NODE_OPTIONS = [given, ...first].join(" ").trim();
