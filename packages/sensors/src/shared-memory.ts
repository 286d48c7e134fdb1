/** Pieces of memory that threads share, used again and again. */
export interface SharedMemory {
  /** A piece of at least so many bytes. */
  take(bytes: number): SharedArrayBuffer;
  /** Gives a piece back that nobody reads any more. */
  give(piece: SharedArrayBuffer): void;
}

/** Pieces that are kept for later; more than that were a burst. */
const KEPT = 16;
const SMALLEST = 2 ** 16;

/** Memory whose pieces have the size of a power of two, so that one serves the next message too. */
export function sharedMemory(): SharedMemory {
  const free: SharedArrayBuffer[] = [];
  return {
    take(bytes) {
      const at = free.findIndex(({ byteLength }) => byteLength >= bytes);
      if (at >= 0) return free.splice(at, 1)[0]!;
      return new SharedArrayBuffer(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(Math.max(1, bytes)))));
    },
    give(piece) {
      free.push(piece);
      if (free.length > KEPT) free.shift();
    },
  };
}
