// Lets every process and thread that a test starts begin with `without-types.cjs`: jest's processes, and
// with them what they start, inherit this one's environment.
import { fileURLToPath } from "node:url";

const withoutTypes = fileURLToPath(new URL("without-types.cjs", import.meta.url));
const given = process.env.NODE_OPTIONS ?? "";
process.env.NODE_OPTIONS = `${given} --require ${JSON.stringify(withoutTypes)}`.trim();
