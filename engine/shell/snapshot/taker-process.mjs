// The first file of the process that takes one snapshot and ends (`taker-process.ts`, which it loads without types
// where somebody has taken them out beforehand: to do so would be half of its time for a small snapshot).
import { loadStripped } from "../stripped.mjs";

// It is of the terminal's group, as its parent is: what is said to all of them is the parent's to judge.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.on("disconnect", () => process.exit());
process.once("message", ({ program, order }) => {
  void loadStripped(program).then(({ take }) => take(order));
});
