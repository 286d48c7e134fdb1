import { stepKernelBytes } from "./step-kernels.generated.js";

/** What the module of step-kernels.wat exports. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly adam: (end: number, scale: number, rate: number, epsilon: number, decay: number) => void;
  readonly sum_of_squares: (end: number) => number;
}

/** The part of JavaScript's WebAssembly that is used here; Node's types leave it out. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Exports };
}

/** Numbers that each of the module's four pages holds. */
const PAGE = 16_384;

interface Kernels extends Exports {
  readonly pages: readonly Float32Array[];
}

let loaded: Kernels | null = null;

function kernels(): Kernels {
  if (loaded) return loaded;
  const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
  const { exports } = new Instance(new Module(stepKernelBytes));
  const pages = [0, 1, 2, 3].map((page) => new Float32Array(exports.memory.buffer, page * PAGE * 4, PAGE));
  loaded = { ...exports, pages };
  return loaded;
}

/** Length in bytes up to which a page is read: whole fours of numbers. */
const endOf = (length: number) => Math.ceil(length / 4) * 16;

/** Σ x², in float64. */
export function sumOfSquares(values: Float32Array): number {
  const { pages, sum_of_squares } = kernels();
  const page = pages[1]!;
  let sum = 0;
  for (let at = 0; at < values.length; at += PAGE) {
    const part = values.length > PAGE ? values.subarray(at, at + PAGE) : values;
    page.set(part);
    page.fill(0, part.length, endOf(part.length) / 4);
    sum += sum_of_squares(endOf(part.length));
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
  const { pages, adam } = kernels();
  const { scale, rate, epsilon, decay } = scalars;
  for (let at = 0; at < values.length; at += PAGE) {
    const end = Math.min(values.length, at + PAGE);
    for (const [page, array] of [values, gradient, mean, square].entries()) {
      pages[page]!.set(array.subarray(at, end));
    }
    adam(endOf(end - at), scale, rate, epsilon, decay);
    values.set(pages[0]!.subarray(0, end - at), at);
    mean.set(pages[2]!.subarray(0, end - at), at);
    square.set(pages[3]!.subarray(0, end - at), at);
  }
}
