/** One line on a terminal that shows how far a run is and how fast; nothing where nobody watches. */
export interface Progress {
  show(rowsDone: number): void;
  /** Lets others write a line of theirs. */
  interrupt(write: () => void): void;
  end(): void;
}

const BAR_CHARS = 30;

export function makeProgress(stream: NodeJS.WriteStream, rows: number): Progress {
  const isShown = stream.isTTY && rows > 0;
  const startMs = performance.now();
  let isDrawn = false;

  function wipe(): void {
    if (isDrawn) stream.write("\r\u001B[K");
    isDrawn = false;
  }

  return {
    show(rowsDone) {
      if (!isShown) return;
      const full = Math.floor((rowsDone / rows) * BAR_CHARS);
      const bar = "█".repeat(full) + "░".repeat(BAR_CHARS - full);
      const perSecond = Math.round((rowsDone * 2_000) / (performance.now() - startMs));
      wipe();
      stream.write(`${bar} ${rowsDone} of ${rows} rows, ${perSecond} orders a second`);
      isDrawn = true;
    },
    interrupt(write) {
      wipe();
      write();
    },
    end() {
      wipe();
    },
  };
}
