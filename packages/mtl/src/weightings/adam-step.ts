import type { Json } from "./weighting.js";

/** Adam's memory for a list of numbers, as JSON. */
export interface AdamMemory {
  readonly [key: string]: Json;
  readonly m: readonly number[];
  readonly v: readonly number[];
  readonly steps: readonly number[];
}

/** The memory before the first step. */
export function adamMemory(size: number): AdamMemory {
  const zeros = new Array<number>(size).fill(0);
  return { m: zeros, v: zeros, steps: zeros };
}

const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * What one Adam step takes off each number.
 *
 * @param gradient - null where a number has none this time: it and its memory stay as they are.
 * @see Kingma and Ba 2015, Adam, arXiv:1412.6980, Algorithm 1; β = 0.9, 0.999, ε = 1e-8.
 */
export function adamStep(memory: AdamMemory, gradient: readonly (number | null)[], learningRate: number) {
  const m = memory.m.map((old, i) => (gradient[i] == null ? old : BETA1 * old + (1 - BETA1) * gradient[i]));
  const v = memory.v.map((old, i) => (gradient[i] == null ? old : BETA2 * old + (1 - BETA2) * gradient[i] ** 2));
  const steps = memory.steps.map((old, i) => (gradient[i] == null ? old : old + 1));
  const change = gradient.map((g, i) => {
    if (g === null) return 0;
    const first = m[i]! / (1 - BETA1 ** steps[i]!);
    return (learningRate * first) / (Math.sqrt(v[i]! / (1 - BETA2 ** steps[i]!)) + EPSILON);
  });
  return { change, memory: { m, v, steps } };
}
