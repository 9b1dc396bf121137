/**
 * Files written past the system's cache. A batch of 400 KB then costs a sixth of the processor's time:
 * no page of a cache is made for it, and none written back. Owns the flag, the memory such writes ask
 * for, and the way back where a file system does not do that.
 */
import fs from "node:fs";

/** As far as it is used; a page's library would declare all of it, and much else. */
declare const WebAssembly: {
  readonly Memory: {
    new (size: { readonly initial: number }): { readonly buffer: ArrayBuffer };
    new (size: {
      readonly initial: number;
      readonly maximum: number;
      readonly shared: true;
    }): { readonly buffer: SharedArrayBuffer };
  };
};

const WASM_PAGE_BYTES = 65_536;
const SECTOR_BYTES = 4096;
/** Codes by which a file system says that it does not do that. */
const NOT_HERE = ["EINVAL", "EOPNOTSUPP", "ENOTSUP"];

/** 0 where the system has none: fs.constants has it where the system does; its type says everywhere. */
export const DIRECT: number = (fs.constants.O_DIRECT as number | undefined) ?? 0;

export function isNotHere(error: unknown): boolean {
  return NOT_HERE.includes(String((error as { code?: unknown }).code));
}

/** Zeros that begin on a page of memory, as such writes ask: of all buffers, those of WebAssembly do. */
export function sectorMemory(bytes: number): Buffer<ArrayBuffer> {
  const initial = Math.ceil(bytes / WASM_PAGE_BYTES);
  return Buffer.from(new WebAssembly.Memory({ initial }).buffer, 0, bytes);
}

/** The same, for two threads. */
export function sharedSectors(bytes: number): Uint8Array<SharedArrayBuffer> {
  const initial = Math.ceil(bytes / WASM_PAGE_BYTES);
  const { buffer } = new WebAssembly.Memory({ initial, maximum: initial, shared: true });
  return new Uint8Array(buffer, 0, bytes);
}

/**
 * Opens an existing file to write whole sectors of `sectorMemory` past the cache, or through it where
 * that cannot be: it is asked by reading one, for some file systems refuse only then.
 */
export function openDirect(path: string): number {
  if (DIRECT === 0) return fs.openSync(path, "r+");
  try {
    const fd = fs.openSync(path, fs.constants.O_RDWR | DIRECT);
    try {
      fs.readSync(fd, sectorMemory(SECTOR_BYTES), 0, SECTOR_BYTES, 0);
      return fd;
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  } catch (error) {
    if (!isNotHere(error)) throw error;
    return fs.openSync(path, "r+");
  }
}
