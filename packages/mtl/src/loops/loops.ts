import { webAssembly } from "@polypilot/core";
import { loopBytes } from "./loops.generated.js";

/** What the module of loops.wat exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly adam: (end: number, scale: number, rate: number, epsilon: number, decay: number) => void;
  readonly dot: (end: number, other: number) => number;
}

/** Numbers that each of the module's four pages holds. */
const PAGE = 16_384;

interface Loops extends Exports {
  readonly pages: readonly Float32Array[];
}

let loaded: Loops | null = null;

function loops(): Loops {
  if (loaded) return loaded;
  const { Module, Instance } = webAssembly();
  const exports = new Instance(new Module(loopBytes)).exports as Exports;
  const pages = [0, 1, 2, 3].map((page) => new Float32Array(exports.memory.buffer, page * PAGE * 4, PAGE));
  loaded = { ...exports, pages };
  return loaded;
}

/** Length in bytes up to which a page is read: whole fours of numbers. */
const endOf = (length: number) => Math.ceil(length / 4) * 16;

/** Arrays up to this length are worth no view of them, and no loop in WebAssembly. */
export const SHORT = 64;

function copy(from: Float32Array, start: number, to: Float32Array, at: number, length: number): void {
  if (length > SHORT) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i += 1) to[at + i] = from[start + i]!;
}

/** Σ a_k b_k of arrays of equal length, in float64. */
export function dotFloat32(a: Float32Array, b: Float32Array): number {
  const { pages, dot } = loops();
  const [first, second] = pages as [Float32Array, Float32Array];
  let sum = 0;
  for (let at = 0; at < a.length; at += PAGE) {
    const length = Math.min(a.length - at, PAGE);
    copy(a, at, first, 0, length);
    first.fill(0, length, endOf(length) / 4);
    if (b !== a) {
      copy(b, at, second, 0, length);
      second.fill(0, length, endOf(length) / 4);
    }
    sum += dot(endOf(length), b === a ? 0 : PAGE * 4);
  }
  return sum;
}

/** The numbers of one parameter that a step changes. */
export interface AdamArrays {
  readonly values: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

/** What one step of one parameter is told; each is rounded to float32. */
export interface AdamScalars {
  /** Factor of the gradient. */
  readonly scale: number;
  /** η·√(1 − β₂ᵗ) / (1 − β₁ᵗ). */
  readonly rate: number;
  /** ε·√(1 − β₂ᵗ). */
  readonly epsilon: number;
  /** η·λ. */
  readonly decay: number;
}

/** One step of Adam, in place: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − (rate·m / (√v + epsilon) + decay·θ). */
export function adamStep({ values, mean, square }: AdamArrays, gradient: Float32Array, scalars: AdamScalars): void {
  const { pages, adam } = loops();
  const { scale, rate, epsilon, decay } = scalars;
  const arrays = [values, gradient, mean, square];
  for (let at = 0; at < values.length; at += PAGE) {
    const length = Math.min(values.length - at, PAGE);
    for (let i = 0; i < 4; i += 1) copy(arrays[i]!, at, pages[i]!, 0, length);
    adam(endOf(length), scale, rate, epsilon, decay);
    for (const i of [0, 2, 3]) copy(pages[i]!, 0, arrays[i]!, at, length);
  }
}
