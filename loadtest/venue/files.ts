/** How many sockets this machine lets one process have, found out before and not in the middle. */
const SPARE = 300;

export function needFiles(sockets: number): void {
  const report = process.report.getReport() as {
    readonly userLimits?: Readonly<Record<string, { readonly soft: number | string }>>;
  };
  const soft = report.userLimits?.open_files?.soft;
  if (typeof soft !== "number" || soft >= sockets + SPARE) return;
  throw new Error(
    `${sockets} connections need as many open files in one process, and ${soft} are allowed: ` +
      `ulimit -n ${sockets + SPARE} before, or fewer with --connections`,
  );
}
