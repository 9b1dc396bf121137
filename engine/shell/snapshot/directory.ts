/**
 * Snapshots as files of one directory, which belongs to one shard's journal. A file gets its name when
 * it is whole and synced, and another name when it was verified:
 *
 * ```
 * 000000000123456.tmp                  being written, or left by who was killed while writing
 * 000000000123456.snapshot.unverified  whole
 * 000000000123456.snapshot             whole, read back and found right
 * ```
 */
import { join } from "node:path";
import { type FileOps, readAll, writeAll } from "../journal/file-ops.ts";
import {
  BLOCK_HEAD_BYTES,
  bytesOfBlock,
  HEAD_BYTES,
  makeTail,
  readHead,
  SnapshotDamage,
  type SnapshotHead,
  TAIL_BYTES,
} from "./format.ts";
import type { SnapshotStore, StoredSnapshot } from "./store.ts";

const NAME = /^(\d{15})\.snapshot(\.unverified)?$/;
const DRAFT = /^\d{15}\.tmp$/;
/**
 * Synced whenever so much was written: a sync of all of it at the end would keep the disk busy for as
 * long as it takes to write, and the journal's own sync, beside which this happens, waiting.
 */
const SYNC_BYTES = 1_048_576;
const ZERO_HEAD = new Uint8Array(HEAD_BYTES);

/** A file being written; nobody sees it before it is sealed. Blocks its thread. */
export interface SnapshotDraft {
  write(block: Buffer): void;
  /** Writes the head and gives the file its name. */
  seal(head: Buffer): void;
  /** Gives it up. */
  discard(): void;
}

export interface SnapshotDirectory extends SnapshotStore {
  /** One at a time: what other drafts are found are leftovers, and removed. */
  draft(sequence: number): SnapshotDraft;
}

export function openSnapshotDirectory(files: FileOps, directory: string): SnapshotDirectory {
  const pathOf = (name: string): string => join(directory, name);

  function draft(sequence: number): SnapshotDraft {
    files.makeDirectory(directory);
    for (const name of files.list(directory)) {
      if (DRAFT.test(name)) files.remove(pathOf(name));
    }
    const name = nameOf(sequence);
    const path = pathOf(`${name}.tmp`);
    const fd = files.openNew(path);
    let position = 0;
    let synced = 0;
    let isOpen = true;

    function write(bytes: Uint8Array): void {
      writeAll(files, fd, bytes, bytes.length, position);
      position += bytes.length;
      if (position < synced + SYNC_BYTES) return;
      files.sync(fd);
      synced = position;
    }

    function close(): void {
      if (isOpen) files.close(fd);
      isOpen = false;
    }

    function discard(): void {
      close();
      files.remove(path);
    }

    try {
      write(ZERO_HEAD); // no file is taken for a snapshot before its head is there
    } catch (error) {
      discard();
      throw error;
    }
    return {
      write,
      seal: (head) => {
        write(makeTail(head));
        writeAll(files, fd, head, HEAD_BYTES, 0);
        files.sync(fd);
        close();
        files.rename(path, pathOf(`${name}.snapshot.unverified`));
        files.remove(pathOf(`${name}.snapshot`)); // one of the same sequence, taken before
        files.syncDirectory(directory);
      },
      discard,
    };
  }

  function entryOf(name: string, shard: number): StoredSnapshot | null {
    const [, digits, unverified] = NAME.exec(name)!;
    const bytes = files.size(pathOf(name));
    const found = {
      id: name,
      sequence: Number(digits),
      isVerified: unverified === undefined,
      bytes,
    };
    try {
      const head = headOf(name, bytes);
      if (head.shard !== shard) return null;
      if (head.sequence !== found.sequence) throw new SnapshotDamage("it has another's name");
      return { ...found, head, damage: "" };
    } catch (error) {
      if (!(error instanceof SnapshotDamage)) throw error;
      return { ...found, head: null, damage: error.message };
    }
  }

  function headOf(name: string, bytes: number): SnapshotHead {
    return reading(name, (fd) => {
      const headBytes = Buffer.alloc(HEAD_BYTES);
      const count = readAll(files, fd, headBytes, HEAD_BYTES, 0);
      const head = readHead(headBytes.subarray(0, count));
      const tailAt = HEAD_BYTES + head.blockBytes;
      const tail = Buffer.alloc(TAIL_BYTES);
      const tailCount = readAll(files, fd, tail, TAIL_BYTES, tailAt);
      if (bytes !== tailAt + TAIL_BYTES || tailCount < TAIL_BYTES) {
        throw new SnapshotDamage(`it has ${bytes} bytes of ${tailAt + TAIL_BYTES}`);
      }
      if (!tail.equals(makeTail(headBytes))) throw new SnapshotDamage("its end is damaged");
      return head;
    });
  }

  function reading<T>(name: string, read: (fd: number) => T): T {
    const fd = files.openRead(pathOf(name));
    try {
      return read(fd);
    } finally {
      files.close(fd);
    }
  }

  function* blocksOf(name: string, end: number): Generator<Buffer> {
    const fd = files.openRead(pathOf(name));
    try {
      const blockHead = Buffer.alloc(BLOCK_HEAD_BYTES);
      for (let at = HEAD_BYTES; at < end; ) {
        readAll(files, fd, blockHead, BLOCK_HEAD_BYTES, at);
        const block = Buffer.alloc(BLOCK_HEAD_BYTES + bytesOfBlock(blockHead));
        const count = readAll(files, fd, block, block.length, at);
        if (count < block.length || at + count > end) throw new SnapshotDamage("it is cut off");
        at += count;
        yield block;
      }
    } finally {
      files.close(fd);
    }
  }

  function namesOf(): string[] {
    try {
      return files.list(directory).filter((name) => NAME.test(name));
    } catch (error) {
      if ((error as { code?: unknown }).code === "ENOENT") return [];
      throw error;
    }
  }

  async function list(shard: number): Promise<StoredSnapshot[]> {
    const entries = namesOf().flatMap((name) => entryOf(name, shard) ?? []);
    return entries.toSorted((a, b) => b.sequence - a.sequence);
  }

  return {
    name: "files",
    isShared: false,
    draft,
    list,
    put: async ({ head, blocks }) => {
      const begun = draft(readHead(head).sequence);
      try {
        for (const block of blocks) begun.write(block);
        begun.seal(head);
      } catch (error) {
        begun.discard();
        throw error;
      }
    },
    read: async ({ id, bytes }) => blocksOf(id, bytes - TAIL_BYTES),
    markVerified: async ({ id, isVerified }) => {
      if (isVerified) return;
      files.rename(pathOf(id), pathOf(id.replace(".unverified", "")));
      files.syncDirectory(directory);
    },
    remove: async ({ id }) => {
      files.remove(pathOf(id));
      files.syncDirectory(directory);
    },
    close: async () => {},
  };
}

function nameOf(sequence: number): string {
  return String(sequence).padStart(15, "0");
}
