import type { FileHandle } from "node:fs/promises";

/** A file read from front to back through a window, so that memory stays bounded. */
export interface ByteSource {
  readonly size: number;
  /** The bytes at `offset`, fewer at the file's end. They stay valid for as long as the caller keeps them. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

const WINDOW = 256 * 1024;

/** Reads `file` of `size` bytes. A window is never written to again, so that messages may be views of it. */
export function byteSource(file: FileHandle, size: number): ByteSource {
  let window: Uint8Array = new Uint8Array(0);
  let start = 0;
  /** The bytes from `offset` on, of which `known` are there already: no byte is read from the file twice. */
  const fill = async (offset: number, length: number, known: Uint8Array) => {
    const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(length, size - offset)));
    buffer.set(known);
    let filled = known.length;
    while (filled < buffer.length) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return new Uint8Array(buffer.buffer, 0, filled);
  };
  return {
    size,
    async read(offset, length) {
      if (offset < start || offset + length > start + window.length) {
        const isIn = offset >= start && offset < start + window.length;
        const known = isIn ? window.subarray(offset - start) : new Uint8Array(0);
        if (length > WINDOW) return fill(offset, length, known);
        window = await fill(offset, WINDOW, known);
        start = offset;
      }
      return window.subarray(offset - start, offset - start + length);
    },
  };
}
