const counted = ["Uint8Array", "Uint8ClampedArray", "Float32Array", "Float64Array", "ArrayBuffer"] as const;

/**
 * Bytes of each array that `work` makes memory for, in order; views of memory that was there are not counted.
 *
 * For code that makes its arrays by `new`, `from` or `slice`.
 */
export function countAllocations(work: () => void): number[] {
  const made: number[] = [];
  const globals = globalThis as unknown as Record<string, object>;
  const originals = counted.map((name) => [name, globals[name]!] as const);
  for (const [name, original] of originals) {
    globals[name] = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        const array = Reflect.construct(target as new () => { byteLength: number }, args, newTarget);
        if (!(args[0] instanceof ArrayBuffer || args[0] instanceof SharedArrayBuffer)) made.push(array.byteLength);
        return array;
      },
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (key !== "from") return value;
        return (...args: unknown[]) => {
          const array = (value as (...given: unknown[]) => { byteLength: number }).apply(target, args);
          made.push(array.byteLength);
          return array;
        };
      },
    });
  }
  const slice = Uint8Array.prototype.slice;
  Uint8Array.prototype.slice = function (...args) {
    const array = slice.apply(this, args);
    made.push(array.byteLength);
    return array;
  };
  try {
    work();
  } finally {
    Uint8Array.prototype.slice = slice;
    for (const [name, original] of originals) globals[name] = original;
  }
  return made;
}
