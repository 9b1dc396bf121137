/**
 * The readers as a process of their own, so that what they compute is not taken for the exchange's
 * slowness. Does what its parent asks, and ends with it.
 */
import { Crowd } from "./crowd.ts";
import type { Asked, Told } from "./remote.ts";

let crowd: Crowd | null = null;

async function does(asked: Asked): Promise<unknown> {
  if (asked.do === "open") {
    crowd = new Crowd(asked.plan);
    return crowd.open();
  }
  if (asked.do === "pauses") return crowd!.startPauses(asked.plan);
  if (asked.do === "readOn") return crowd!.stopPauses();
  if (asked.do === "storm") return crowd!.storm();
  if (asked.do === "finish") return crowd!.finish();
  const { tally, pausedOnce } = crowd!;
  return { ...tally, reasons: Object.fromEntries(tally.reasons), pausedOnce };
}

process.on("message", (asked: Asked) => {
  const tell = (told: Told): void => void process.send!(told);
  does(asked).then(
    (value) => tell({ id: asked.id, value: value ?? null }),
    (error: Error) => tell({ id: asked.id, failed: error.message }),
  );
});
process.on("disconnect", () => process.exit(0));
