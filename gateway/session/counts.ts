/** What happens to sockets, counted: plain numbers, read when somebody scrapes. */
export interface SessionCounts {
  /** Resumptions by where what was missed came from; `none`: nothing was missed. */
  readonly resumes: { none: number; memory: number; stored: number; too_old: number };
  /** Pushes of conflated channels that a reader who was behind did not get; it gets the newest. */
  conflated: number;
  /** Closed sockets by reason: the first word of ours, or CLIENT. */
  readonly closed: Map<string, number>;
  /** Connections refused at the upgrade, by code. */
  readonly refused: Map<string, number>;
}

export function makeSessionCounts(): SessionCounts {
  return {
    resumes: { none: 0, memory: 0, stored: 0, too_old: 0 },
    conflated: 0,
    closed: new Map(),
    refused: new Map(),
  };
}

export function addOne<K>(counts: Map<K, number>, name: K): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
