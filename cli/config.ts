/** The command line's own setting; the one file of `cli/` that sees the environment. */

/** `SOLEBOOK_DEBUG=1` shows where an error came from, not only what it says. */
export const config = Object.freeze({ debug: flag("SOLEBOOK_DEBUG") });

function flag(name: string): boolean {
  const value = process.env[name];
  if (value === undefined || value === "" || value === "0") return false;
  if (value === "1") return true;
  process.stderr.write(`solebook: ${name} is 0 or 1, not "${value}"\n`);
  process.exit(2);
}
