/**
 * When the screen learns of changes: once per animation frame, whatever the number of pushes, and not
 * at all while the reader has paused the page. A tab nobody sees gets no frames; it is told when it is
 * looked at again.
 */
import { useSyncExternalStore } from "react";

const waiting = new Set<() => void>();
const pauseListeners = new Set<() => void>();
let isScheduled = false;
let isPaused = false;

/** Calls `tell` in the next frame, once however often it is asked for. */
export function inNextFrame(tell: () => void): void {
  waiting.add(tell);
  schedule();
}

function schedule(): void {
  if (isScheduled || isPaused || waiting.size === 0) return;
  isScheduled = true;
  requestAnimationFrame(flush);
}

function flush(): void {
  isScheduled = false;
  if (isPaused) return;
  const now = [...waiting];
  waiting.clear();
  for (const tell of now) tell();
}

export function setPaused(paused: boolean): void {
  isPaused = paused;
  schedule();
  for (const listener of pauseListeners) listener();
}

/** Whether the reader holds the page still. */
export function usePaused(): boolean {
  return useSyncExternalStore(
    (listener) => {
      pauseListeners.add(listener);
      return () => pauseListeners.delete(listener);
    },
    () => isPaused,
  );
}
