/** How many of what, as one says it: "1 ask", "2 asks". */
export function countOf(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
