/** A whole number from 1 on, as an argument says it: nothing was tried where "0 failed" would be said of none. */
export function readCount(name: string, text: string): number {
  const count = Number(text);
  if (/^\d{1,15}$/.test(text) && count > 0) return count;
  process.stderr.write(`${name} is a whole number from 1 on, not "${text}"\n`);
  return process.exit(2);
}
