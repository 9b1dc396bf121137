/**
 * Cuts a stream of bytes into lines, as many at a time as a chunk completes, so that whoever asks line
 * by line is answered at once and whoever sends a file is read in one go. A line too long to be held
 * is passed over and told as null; everything else about a line is its reader's business.
 */
export const LINE_BYTES_MAX = 1_048_576;

const NEWLINE = 10;

export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<(string | null)[]> {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let isTooLong = false;

  /** The end of a line, with what was kept of it from earlier chunks. */
  function finish(end: Buffer): string | null {
    const line = isTooLong || keptBytes + end.length > LINE_BYTES_MAX ? null : [...kept, end];
    kept = [];
    keptBytes = 0;
    isTooLong = false;
    return line && Buffer.concat(line).toString("utf8");
  }

  function keep(part: Buffer): void {
    isTooLong ||= keptBytes + part.length > LINE_BYTES_MAX;
    if (isTooLong) kept = [];
    else kept.push(part);
    keptBytes = isTooLong ? 0 : keptBytes + part.length;
  }

  for await (const chunk of chunks) {
    const firstEnd = chunk.indexOf(NEWLINE);
    if (firstEnd === -1) {
      keep(chunk);
      continue;
    }
    const lastEnd = chunk.lastIndexOf(NEWLINE);
    const lines: (string | null)[] = [finish(chunk.subarray(0, firstEnd))];
    // Decoded at once and cut as text: much cheaper than line by line.
    if (lastEnd > firstEnd) {
      for (const line of chunk.toString("utf8", firstEnd + 1, lastEnd).split("\n"))
        lines.push(line);
    }
    if (lastEnd + 1 < chunk.length) keep(chunk.subarray(lastEnd + 1));
    yield lines;
  }
  if (keptBytes > 0 || isTooLong) yield [finish(Buffer.alloc(0))];
}
