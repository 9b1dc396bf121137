/**
 * A disk in memory that is as bad as disks are: it forgets what was not synced when the power goes, in
 * any order and in parts; it takes less than was given, fills up and fails; and when it may lie, it
 * calls durable what it wrote elsewhere or in part, and flips bits at rest. The process that uses it dies
 * at whichever call the run chose.
 *
 * ```
 * write ──► now (what a reader sees) ──sync──► durable (what a power cut leaves)
 *             └── pending ─────────────────────┘ some of it, when the power goes first
 * ```
 */
import type { FileOps } from "../shell/journal/file-ops.ts";
import { type FaultCounts, Rate } from "./faults.ts";
import type { Random } from "./random.ts";

const SECTOR = 4096;
const ATOM = 512; // within a sector a write is torn at these

/** What the disk did to bytes it had called durable. */
export interface Lie {
  readonly kind: "misdirected" | "torn" | "flipped";
  readonly path: string;
  /** Where the bytes are that are not what they should be. */
  readonly from: number;
  readonly to: number;
}

export interface SimDisk extends FileOps {
  /** The process dies at the call that is so many from now. */
  dieAt(calls: number): void;
  /** Whether it has died: from then on every call throws. */
  isDead(): boolean;
  /** kill -9: the system lives on, and with it what was written and not synced. */
  kill(): void;
  /** The power goes. */
  cutPower(): void;
  /** The machine is there again. */
  revive(): void;
  /** From now on it may lie, once; only a power cut shows it. */
  planLie(): void;
  flipBit(): void;
  setCapacity(bytes: number): void;
  usedBytes(): number;
  /** The next write or sync fails, the device with it: what was not synced may be gone. */
  planError(): void;
  readonly lies: readonly Lie[];
  bytesOf(path: string): Uint8Array;
}

interface Pending {
  readonly at: number;
  readonly bytes: Uint8Array;
}

interface Inode {
  now: Uint8Array;
  durable: Uint8Array;
  pending: Pending[];
}

export interface SimDiskOptions {
  readonly random: Random;
  readonly faults: FaultCounts;
  /** A call took so long. */
  took(us: number): void;
}

export function makeSimDisk({ random, faults, took }: SimDiskOptions): SimDisk {
  const names = makeNames();
  const open = new Map<number, { readonly inode: Inode; readonly path: string }>();
  const lies: Lie[] = [];
  let callsLeft = Infinity;
  let dead = false;
  let lieAfterWrites = Infinity; // those worth a lie
  let errorPlanned = false;
  let capacity = Infinity;
  let nextFd = 3;

  /** Runs a call, unless the process dies before, in the middle of or after it. */
  function call<T>(effect: () => T, partly: () => void = () => {}): T {
    if (dead) throw new Error("this process is dead");
    took(random.between(1, 30));
    if (--callsLeft > 0) return effect();
    const when = random.below(3);
    if (when === 1) partly();
    if (when === 2) effect();
    dead = true;
    throw new Error("the process died here");
  }

  const find = (path: string): Inode => names.all().get(path) ?? fail("ENOENT");

  function openFile(path: string): number {
    const inode = find(path);
    open.set(++nextFd, { inode, path });
    return nextFd;
  }

  const inodeOf = (fd: number): Inode => (open.get(fd) ?? fail("EBADF")).inode;

  function put(inode: Inode, from: Uint8Array, at: number): void {
    const end = at + from.length;
    if (end > inode.now.length && names.usedBytes() + end - inode.now.length > capacity) {
      faults.disk_full++;
      fail("ENOSPC");
    }
    inode.now = grown(inode.now, end);
    inode.now.set(from, at);
    inode.pending.push({ at, bytes: from.slice() });
  }

  function write(fd: number, from: Uint8Array, offset: number, length: number, at: number): number {
    const inode = inodeOf(fd);
    const taken = random.chance(0.1) ? random.between(1, length) : length; // short, without an error
    const bytes = from.subarray(offset, offset + taken);
    return call(
      () => {
        failIfPlanned();
        put(inode, bytes, at);
        return taken;
      },
      () => put(inode, bytes.subarray(0, random.below(taken)), at),
    );
  }

  function failIfPlanned(): void {
    if (!errorPlanned) return;
    errorPlanned = false;
    fail("EIO");
  }

  function sync(fd: number): void {
    const { inode, path } = open.get(fd) ?? fail("EBADF");
    took(random.chance(0.02) ? 200_000 : random.between(50, 2_000));
    call(() => {
      failIfPlanned();
      for (const pending of inode.pending) settle(inode, path, pending);
      inode.pending = [];
    });
  }

  function settle(inode: Inode, path: string, pending: Pending): void {
    // Only frames are worth lying about: of zeros nobody would notice.
    const isWorthIt = path.endsWith(".seg") && pending.bytes.some((byte) => byte !== 0);
    if (isWorthIt && --lieAfterWrites === 0) return lie(inode, path, pending);
    inode.durable = grown(inode.durable, pending.at + pending.bytes.length);
    inode.durable.set(pending.bytes, pending.at);
  }

  function lie(inode: Inode, path: string, { at, bytes }: Pending): void {
    if (random.chance(0.5)) callsLeft = random.between(1, 5); // before anything covers it, perhaps
    const to = at + bytes.length;
    if (random.chance(0.5)) {
      faults.torn_write++;
      const kept = Math.floor(random.next() * (bytes.length / ATOM)) * ATOM;
      inode.durable.set(bytes.subarray(0, kept), at);
      lies.push({ kind: "torn", path, from: at + kept, to });
      return;
    }
    faults.misdirected_write++;
    const [elsewhere, target] = random.pick(names.segments());
    const sectors = Math.floor((target.durable.length - bytes.length) / SECTOR);
    const place = random.below(Math.max(sectors, 1)) * SECTOR;
    lies.push({ kind: "misdirected", path, from: at, to });
    lies.push({ kind: "misdirected", path: elsewhere, from: place, to: place + bytes.length });
    target.durable.set(bytes.subarray(0, target.durable.length - place), place);
  }

  /** Of what was not synced some sectors are there, some are not, and some in part. */
  function lose(inode: Inode): void {
    const share = random.pick([0, 0.5, 0.9]);
    for (const { at, bytes } of inode.pending) {
      inode.durable = grown(inode.durable, at + bytes.length);
      for (let from = 0; from < bytes.length; ) {
        const to = Math.min(from + SECTOR - ((at + from) % SECTOR), bytes.length);
        if (random.chance(Rate.TORN)) {
          faults.torn_write++;
          const kept = random.below(Math.ceil((to - from) / ATOM)) * ATOM;
          inode.durable.set(bytes.subarray(from, from + kept), at + from);
        } else if (!random.chance(share)) {
          faults.unsynced_lost++;
        } else {
          inode.durable.set(bytes.subarray(from, to), at + from);
        }
        from = to;
      }
    }
    inode.pending = [];
  }

  function cutPower(): void {
    dead = true;
    names.lose(random);
    for (const inode of new Set(names.all().values())) {
      lose(inode);
      inode.now = inode.durable.slice();
    }
  }

  function revive(): void {
    dead = false;
    callsLeft = Infinity;
    lieAfterWrites = Infinity;
    errorPlanned = false;
    open.clear();
  }

  function flipBit(): void {
    const snapshots = [...names.all()].filter(([path]) => path.includes(".snapshot"));
    const isOfSnapshot = snapshots.length > 0 && random.chance(0.3);
    const [path, inode] = random.pick(isOfSnapshot ? snapshots : names.segments());
    // Where something is written, most of the time.
    let end = inode.durable.length;
    while (end > SECTOR && inode.durable[end - 1] === 0) end--;
    const at = random.below(random.chance(0.9) ? end : inode.durable.length);
    const bit = 1 << random.below(8);
    inode.durable[at]! ^= bit;
    if (at < inode.now.length) inode.now[at]! ^= bit;
    faults.bit_flip++;
    lies.push({ kind: "flipped", path, from: at, to: at + 1 });
  }

  function fileOps(): FileOps {
    return {
      openRead: (path) => call(() => openFile(path)),
      openReadWrite: (path) => call(() => openFile(path)),
      openSectors: (path) => call(() => openFile(path)),
      sectors: (bytes) => Buffer.from(new ArrayBuffer(bytes)),
      openNew: (path) =>
        call(() => {
          const inode: Inode = { now: new Uint8Array(0), durable: new Uint8Array(0), pending: [] };
          names.change((to) => void to.set(path, inode));
          return openFile(path);
        }),
      write,
      read: (fd, bytes, offset, length, position) => {
        const { now } = inodeOf(fd);
        const asked = random.chance(0.02) ? random.between(1, length) : length;
        const part = now.subarray(position, position + asked);
        bytes.set(part, offset);
        return part.length;
      },
      sync,
      close: (fd) => call(() => void open.delete(fd)),
      size: (path) => find(path).now.length,
      list: (directory) => names.list(directory),
      rename: (from, to) =>
        call(() => {
          const inode = find(from);
          names.change((all) => {
            all.delete(from);
            all.set(to, inode);
          });
        }),
      remove: (path) => call(() => names.change((to) => void to.delete(path))),
      makeDirectory: () => {},
      syncDirectory: () => call(() => names.sync()),
    };
  }

  return {
    ...fileOps(),
    dieAt: (calls) => void (callsLeft = calls),
    isDead: () => dead,
    kill: () => void (dead = true),
    cutPower,
    revive,
    planLie: () => void (lieAfterWrites = random.between(1, 8)),
    flipBit,
    setCapacity: (bytes) => void (capacity = bytes),
    usedBytes: names.usedBytes,
    planError: () => void (errorPlanned = true),
    lies,
    bytesOf: (path) => find(path).now,
  };
}

type Names = Map<string, Inode>;

/** A directory: its changes become durable in order, and together when it is synced. */
function makeNames() {
  let now: Names = new Map();
  let durable: Names = new Map();
  let changes: ((to: Names) => void)[] = [];
  return {
    all: () => now,
    segments: () => [...now].filter(([path]) => path.endsWith(".seg")),
    usedBytes: () => [...now.values()].reduce((sum, inode) => sum + inode.now.length, 0),
    change: (change: (to: Names) => void): void => {
      change(now);
      changes.push(change);
    },
    /** The first part of each path that goes on behind `directory`. */
    list: (directory: string): string[] => {
      const inside = [...now.keys()].filter((path) => path.startsWith(`${directory}/`));
      const parts = inside.map((path) => path.slice(directory.length + 1).split("/")[0]!);
      return [...new Set(parts)];
    },
    sync: () => {
      durable = new Map(now);
      changes = [];
    },
    lose: (random: Random) => {
      for (const change of changes.slice(0, random.below(changes.length + 1))) change(durable);
      changes = [];
      now = durable;
      durable = new Map(now);
    },
  };
}

function fail(code: string): never {
  throw Object.assign(new Error(`${code}: as the simulated disk has it`), { code });
}

function grown(bytes: Uint8Array, length: number): Uint8Array {
  if (length <= bytes.length) return bytes;
  const more = new Uint8Array(length);
  more.set(bytes);
  return more;
}
