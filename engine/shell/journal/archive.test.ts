/**
 * Segments on their way into the archive, beside the others or on another disk: whenever it breaks off,
 * the whole journal is still there, each segment at one place at least, and the next time goes on.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Disk, makeDisk } from "../testing/disk.ts";
import { appendClocks, DIRECTORY, openTestJournal } from "../testing/journal.ts";
import { archiveBefore } from "./archive.ts";
import { placeArchive, requireArchive } from "./archive-place.ts";
import { type FileOps, nodeFiles } from "./file-ops.ts";
import { makeSegment, SEGMENT_BYTES_MIN } from "./segments.ts";
import { verifyJournal } from "./tools.ts";

const ARCHIVE = `${DIRECTORY}/archive`;
const COMMANDS = 2_000;

/** Four full segments and one that is written. */
function longJournal(): { readonly disk: Disk; readonly position: number } {
  const disk = makeDisk();
  const { journal } = openTestJournal(disk);
  for (let command = 0; command < COMMANDS; command += 10) appendClocks(journal, 10);
  return { disk, position: journal.position() };
}

class Killed extends Error {}

interface OtherDisk {
  readonly files: FileOps;
  /** Calls that change something. */
  calls(): number;
}

/** The archive is another file system; the process is killed at the `at`th call that changes something. */
function otherDisk(disk: Disk, at = Infinity): OtherDisk {
  let calls = 0;
  let isNamed = true; // durably, what the archive holds
  const change = <Args extends unknown[], Result>(call: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      if (++calls >= at) throw new Killed();
      return call(...args);
    };
  };
  const files: FileOps = {
    ...disk,
    openNew: change(disk.openNew),
    write: change(disk.write),
    sync: change(disk.sync),
    rename: change((from, to) => {
      if (dirname(from) !== dirname(to)) throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
      isNamed = false;
      disk.rename(from, to);
    }),
    remove: change((path) => {
      if (dirname(path) === DIRECTORY && !isNamed) throw new Error("it is at no place for sure");
      disk.remove(path);
    }),
    syncDirectory: change((path) => {
      if (path === ARCHIVE) isNamed = true;
      disk.syncDirectory(path);
    }),
  };
  return { files, calls: () => calls };
}

const segmentsOf = (disk: Disk, directory: string): string[] =>
  disk.list(directory).filter((name) => name.endsWith(".seg"));

describe("on another disk", () => {
  test("segments are copied, and taken away when they are durable there", () => {
    const { disk, position } = longJournal();
    const all = segmentsOf(disk, DIRECTORY);
    const end = Math.floor(position / SEGMENT_BYTES_MIN);
    expect(end).toBeGreaterThan(3);
    const { files } = otherDisk(disk);
    expect(archiveBefore(files, DIRECTORY, position, null)).toEqual({ moved: end, deleted: 0 });
    expect(segmentsOf(disk, ARCHIVE)).toEqual(all.slice(0, end));
    expect(segmentsOf(disk, DIRECTORY)).toEqual(all.slice(end));
    disk.forgetUnsynced();
    const report = verifyJournal(DIRECTORY, disk);
    expect(report).toMatchObject({ commands: COMMANDS, archived: end, segments: all.length });
  });

  test("killed at any call, then without power, nothing is lost, and the next time goes on", () => {
    const { disk, position } = longJournal();
    const { files, calls } = otherDisk(disk);
    archiveBefore(files, DIRECTORY, position, null);
    for (let at = 1; at <= calls(); at++) {
      const again = longJournal();
      expect(() => {
        archiveBefore(otherDisk(again.disk, at).files, DIRECTORY, position, null);
      }).toThrow(Killed);
      again.disk.forgetUnsynced();
      expect(verifyJournal(DIRECTORY, again.disk).commands).toBe(COMMANDS);
      archiveBefore(otherDisk(again.disk).files, DIRECTORY, position, null);
      expect(segmentsOf(again.disk, ARCHIVE)).toEqual(segmentsOf(disk, ARCHIVE));
      expect(again.disk.list(ARCHIVE).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      expect(verifyJournal(DIRECTORY, again.disk).commands).toBe(COMMANDS);
    }
  });

  test("full, it costs neither the segment nor the room that its half took", () => {
    const { disk, position } = longJournal();
    let used = 0;
    for (const name of segmentsOf(disk, DIRECTORY))
      used += disk.bytesOf(join(DIRECTORY, name)).length;
    disk.setCapacity(used + SEGMENT_BYTES_MIN / 2);
    const { files } = otherDisk(disk);
    expect(() => archiveBefore(files, DIRECTORY, position, null)).toThrow("ENOSPC");
    expect(disk.list(ARCHIVE)).toEqual([]);
    expect(verifyJournal(DIRECTORY, disk).commands).toBe(COMMANDS);
  });

  test.each(["openRead", "openNew", "read", "write", "sync"] as const)(
    "that fails in %s says so, though its half cannot be removed, and leaves no file open",
    (call) => {
      const { disk, position } = longJournal();
      const open = new Set<number>();
      const opened = (fd: number): number => {
        open.add(fd);
        return fd;
      };
      const { files } = otherDisk(disk);
      const broken: FileOps = {
        ...files,
        openRead: (path) => opened(files.openRead(path)),
        openNew: (path) => opened(files.openNew(path)),
        close: (fd) => {
          open.delete(fd);
          files.close(fd);
        },
        remove: () => {
          throw new Error("no such file");
        },
        [call]: () => {
          throw new Error("the first thing that went wrong");
        },
      };
      expect(() => archiveBefore(broken, DIRECTORY, position, null)).toThrow("the first thing");
      expect([...open]).toEqual([]);
    },
  );
});

describe.each([
  { where: "beside the others", filesOf: (disk: Disk): FileOps => disk },
  { where: "on another disk", filesOf: (disk: Disk): FileOps => otherDisk(disk).files },
])("what is in the archive already, $where,", ({ filesOf }) => {
  test("is never replaced by another segment", () => {
    const { disk, position } = longJournal();
    const foreign = new Uint8Array(SEGMENT_BYTES_MIN).fill(7);
    disk.put(`${ARCHIVE}/00000000.seg`, foreign);
    expect(() => archiveBefore(filesOf(disk), DIRECTORY, position, null)).toThrow("is not");
    expect(disk.bytesOf(`${ARCHIVE}/00000000.seg`)).toEqual(foreign);
    expect(verifyJournal(DIRECTORY, disk).commands).toBe(COMMANDS); // what is here counts first
  });

  test("is not needed twice", () => {
    const { disk, position } = longJournal();
    const fd = disk.openNew(`${ARCHIVE}/00000000.seg`); // by who has not synced it
    const bytes = disk.bytesOf(`${DIRECTORY}/00000000.seg`);
    disk.write(fd, bytes, 0, bytes.length, 0);
    archiveBefore(filesOf(disk), DIRECTORY, position, null);
    disk.forgetUnsynced();
    expect(segmentsOf(disk, DIRECTORY)).not.toContain("00000000.seg");
    expect(verifyJournal(DIRECTORY, disk).commands).toBe(COMMANDS);
  });
});

describe("the place of an archive", () => {
  let folder = "";
  let journal = "";
  let place = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "solebook-archive-"));
    journal = join(folder, "journal");
    place = join(folder, "other-disk", "archive");
    mkdirSync(dirname(place));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const put = (directory: string, number: number): void => {
    mkdirSync(directory, { recursive: true });
    makeSegment(nodeFiles, directory, number, SEGMENT_BYTES_MIN);
  };
  const refusal = (code: string, words: string) => ({
    code,
    message: expect.stringContaining(words),
  });

  function caught(call: () => void): unknown {
    try {
      call();
    } catch (error) {
      return error;
    }
    return null;
  }

  test("is said once and found again; another one is refused, and so is one for two journals", () => {
    placeArchive(journal, place);
    placeArchive(journal, place);
    put(journal, 0);
    put(journal, 1);
    archiveBefore(nodeFiles, journal, SEGMENT_BYTES_MIN, null);
    expect(readdirSync(place)).toEqual(["00000000.seg", "archive.id"]);
    expect(caught(() => placeArchive(journal, join(folder, "else")))).toMatchObject(
      refusal("JOURNAL_ARCHIVED", "Bring that disk back"),
    );
    expect(caught(() => placeArchive(join(folder, "second"), place))).toMatchObject(
      refusal("JOURNAL_ARCHIVED", "is the archive of another journal"),
    );
    rmSync(join(place, "archive.id"));
    expect(caught(() => placeArchive(join(folder, "second"), place))).toMatchObject(
      refusal("JOURNAL_ARCHIVED", "holds segments of another journal"),
    );
    expect(existsSync(join(folder, "second", "archive"))).toBe(false);
  });

  test("takes over what a folder beside the segments held, once that was moved there by hand", () => {
    for (const number of [0, 1, 2]) put(journal, number);
    archiveBefore(nodeFiles, journal, 2 * SEGMENT_BYTES_MIN, null);
    expect(caught(() => placeArchive(journal, place))).toMatchObject(
      refusal("JOURNAL_ARCHIVED", "Move all of them"),
    );
    rmdirSync(place);
    renameSync(join(journal, "archive"), place);
    placeArchive(journal, place);
    expect(verifyJournal(journal)).toMatchObject({ segments: 3, archived: 2 });
  });

  test("where nothing is mounted gets no segment, and is said", () => {
    placeArchive(journal, place);
    for (const number of [0, 1, 2]) put(journal, number);
    archiveBefore(nodeFiles, journal, SEGMENT_BYTES_MIN, null);
    renameSync(place, join(folder, "unplugged"));
    const away = refusal("JOURNAL_ARCHIVED", "is its disk mounted?");
    expect(caught(() => requireArchive(nodeFiles, journal))).toMatchObject(away);
    mkdirSync(place); // the empty place of a disk that is not there
    expect(
      caught(() => archiveBefore(nodeFiles, journal, 2 * SEGMENT_BYTES_MIN, null)),
    ).toMatchObject(away);
    expect(readdirSync(place)).toEqual([]);
    expect(caught(() => placeArchive(journal, place))).toMatchObject(away);
  });

  test.each(["file", "not-mounted/archive"])("that cannot be one is said: %s", (where) => {
    writeFileSync(join(folder, "file"), "");
    expect(caught(() => placeArchive(journal, join(folder, where)))).toMatchObject(
      refusal("DIRECTORY_UNUSABLE", "name another with --archive"),
    );
  });
});
