import * as tf from "@tensorflow/tfjs-core";
import type { Lookup, ParameterSpec } from "../module.js";

export interface DselectGateOptions {
  readonly experts: number;
  /** Single-expert selectors: most experts that count for a task. */
  readonly selectors: number;
  /** Width of the smooth step's slope. */
  readonly gamma: number;
  /** Numbers of the input that the gate looks at; null where it chooses for the task, whatever the input. */
  readonly inputs: number | null;
}

/** A gate whose weights become exactly 0 for all but a few experts. */
export interface DselectGate {
  readonly parameters: readonly ParameterSpec[];
  /** @returns [n, experts], or [1, experts] where the input does not matter; rows sum to 1 if `experts` is a power of 2. */
  readonly apply: (p: Lookup, x: tf.Tensor2D) => tf.Tensor2D;
  /** What drives each selector to one expert, and to one that exists; the mean over samples. */
  readonly penalty: (p: Lookup, x: tf.Tensor2D, entropy: number) => tf.Scalar;
}

const EPSILON = 1e-6;

/** S(t) = −2t³/γ³ + 3t/(2γ) + ½ between −γ/2 and γ/2, exactly 0 below and exactly 1 above. */
export function smoothStep(t: tf.Tensor, gamma: number): tf.Tensor {
  const u = tf.clipByValue(tf.mul(t, 1 / gamma), -0.5, 0.5);
  return tf.add(tf.mul(u, tf.sub(1.5, tf.mul(2, tf.square(u)))), 0.5);
}

/** Digit `place` of each expert's number, the highest first: [experts]. */
const digitsOf = (experts: number, places: number, place: number) =>
  tf.tensor1d(Float32Array.from({ length: experts }, (_, i) => (i >> (places - 1 - place)) & 1));

/** r(z)_i = Π_j S(z_j) or 1 − S(z_j), by the binary digits of i. @param z - [rows, places] → [rows, experts] */
function selections(z: tf.Tensor2D, experts: number, gamma: number): tf.Tensor2D {
  const places = z.shape[1];
  const steps = smoothStep(z, gamma);
  const factors = Array.from({ length: places }, (_, place) => {
    const step = tf.slice(steps, [0, place], [-1, 1]);
    const digits = tf.reshape(digitsOf(experts, places, place), [1, experts]);
    return tf.add(tf.mul(step, digits), tf.mul(tf.sub(1, step), tf.sub(1, digits)));
  });
  return factors.reduce((product, factor) => tf.mul(product, factor)) as tf.Tensor2D;
}

/** Σ_s softmax(α)_s · r_s over the selectors. */
function weigh(weights: tf.Tensor2D, chosen: readonly tf.Tensor2D[]): tf.Tensor2D {
  const shares = tf.softmax(weights);
  const terms = chosen.map((r, s) => tf.mul(tf.slice(shares, [0, s], [-1, 1]), r));
  return terms.reduce((sum, term) => tf.add(sum, term)) as tf.Tensor2D;
}

function parametersOf(name: string, places: number, { selectors, gamma, inputs }: DselectGateOptions): ParameterSpec[] {
  const digits = { kind: "uniform", bound: gamma / 100 } as const;
  const shares = { kind: "uniform", bound: 0.05 } as const;
  const bias = (part: string, size: number, initialiser: ParameterSpec["initialiser"]): ParameterSpec => ({
    name: `${name}/${part}`,
    shape: [size],
    initialiser,
  });
  const own = [bias("digits", selectors * places, digits), bias("shares", selectors, shares)];
  if (inputs === null) return own;
  return [
    ...own,
    { name: `${name}/digits_kernel`, shape: [inputs, selectors * places], initialiser: digits },
    { name: `${name}/shares_kernel`, shape: [inputs, selectors], initialiser: shares },
  ];
}

/**
 * DSelect-k: a differentiable gate that chooses at most k of n experts.
 *
 * q = Σ_s softmax(α)_s r(z_s): each of k selectors spells the number of an expert in binary digits S(z_sj), where S is the smooth step.
 * Once |z_sj| ≥ γ/2, the digit is exactly 0 or 1, so that the selector has chosen one expert and the others' gates are exactly 0.
 *
 * @see Hazimeh et al. 2021, DSelect-k: Differentiable Selection in the Mixture of Experts, arXiv:2106.03760, sections 3 and 4.
 */
export function dselectGate(name: string, options: DselectGateOptions): DselectGate {
  const { experts, selectors, gamma, inputs } = options;
  if (experts === 1) {
    return { parameters: [], apply: () => tf.ones([1, 1]), penalty: () => tf.scalar(0) };
  }
  const places = Math.ceil(Math.log2(experts));
  const logits = (p: Lookup, x: tf.Tensor2D, part: string) => {
    const bias = tf.reshape(p(`${name}/${part}`), [1, -1]);
    return (inputs === null ? bias : tf.add(tf.matMul(x, p(`${name}/${part}_kernel`)), bias)) as tf.Tensor2D;
  };
  const chosen = (p: Lookup, x: tf.Tensor2D) => {
    const digits = logits(p, x, "digits");
    return Array.from({ length: selectors }, (_, s) =>
      selections(tf.slice(digits, [0, s * places], [-1, places]) as tf.Tensor2D, experts, gamma),
    );
  };
  return {
    parameters: parametersOf(name, places, options),
    apply: (p, x) => weigh(logits(p, x, "shares"), chosen(p, x)),
    penalty: (p, x, entropy) => {
      const terms = chosen(p, x).map((r) => {
        const spread = tf.mul(tf.neg(tf.sum(tf.mul(r, tf.log(tf.add(r, EPSILON))), 1)), entropy);
        if (experts === 2 ** places) return tf.mean(spread);
        return tf.mean(tf.add(spread, tf.div(1, tf.add(tf.sum(r, 1), EPSILON))));
      });
      return terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    },
  };
}
