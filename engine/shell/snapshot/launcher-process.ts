/**
 * The process that starts those which take snapshots, so that who runs a shard starts none. It passes on
 * what they are told and what they say, and ends with whoever started it; so do they then.
 */
import { programOf } from "../thread.ts";
import {
  launch,
  type LauncherMessage,
  type LauncherOrder,
  type StartedTaker,
  TAKER,
  type TakerListener,
} from "./launcher.ts";

/**
 * Made when the exchange begins, not each time beside its orders. Without the flags of a shard's thread: what
 * they gain is lost again in compiling, which nothing can put off.
 */
const program = programOf(TAKER, []);

let taker: StartedTaker | null = null;

/** To who may have ended meanwhile: then nobody wants to know. */
const tell = (message: LauncherMessage): void =>
  void process.send!(message, undefined, undefined, () => {});

function obey(told: LauncherOrder): void {
  if (told.kind === "kill") {
    taker?.kill();
    return;
  }
  const listener: TakerListener = {
    onMessage: (message) => tell({ kind: "said", message }),
    onGone: (words) => tell({ kind: "gone", words }),
  };
  taker = launch(told.haste, told.order, listener, program);
  tell({ kind: "started", pid: taker.pid() });
}

// It is of the terminal's group, as its parent is: what is said to all of them is the parent's to judge.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => {
  taker?.kill();
  process.exit();
});
process.on("message", (told) => obey(told as LauncherOrder));
