/** Memory that is used again: fresh pages cost more than what is written to them. */
export interface MemoryPool {
  /** At least so many bytes, of the smallest that are there; what is in them is left from before. */
  take(bytes: number): ArrayBuffer;
  give(memory: ArrayBuffer): void;
  /** How often there was none to use again. */
  readonly allocations: number;
}

/** @param keepBytes - more than this is not kept. */
export function memoryPool(keepBytes: number): MemoryPool {
  const free: ArrayBuffer[] = []; // the last one given is the likeliest to be in the processor's cache
  let kept = 0;
  let allocations = 0;
  return {
    get allocations() {
      return allocations;
    },
    take(bytes) {
      let best = -1;
      for (const [index, { byteLength }] of free.entries())
        if (byteLength >= bytes && (best < 0 || byteLength <= free[best]!.byteLength)) best = index;
      const [memory] = best < 0 ? [] : free.splice(best, 1);
      if (memory) {
        kept -= memory.byteLength;
        return memory;
      }
      allocations += 1;
      return new ArrayBuffer(bytes);
    },
    give(memory) {
      free.push(memory);
      kept += memory.byteLength;
      while (kept > keepBytes) kept -= free.shift()!.byteLength; // of those that were not wanted, the oldest
    },
  };
}
