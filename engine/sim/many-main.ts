/** A process of `many.ts`: runs COUNT seeds from FROM on and tells its parent. */
import { argv } from "node:process";
import type { Message } from "./many.ts";
import { runSeeds } from "./run.ts";

const tell = (message: Message, told = (): void => {}): void => void process.send!(message, told);

const summary = await runSeeds(Number(argv[2]), Number(argv[3]), (result) =>
  tell({ kind: "failed", result }),
);
tell({ kind: "done", summary }, () => process.disconnect());
