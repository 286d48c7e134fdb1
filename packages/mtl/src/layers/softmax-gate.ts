import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.js";

/**
 * How much each expert counts for a sample: softmax(x·W), without bias as in the papers; x [n, inputs] → [n, experts], rows sum to 1.
 *
 * One expert needs no gate: it counts exactly 1, without parameters.
 */
export function softmaxGate(name: string, inputs: number, experts: number): Module<tf.Tensor2D, tf.Tensor2D> {
  if (experts === 1) return { parameters: [], apply: (_, x) => tf.ones([x.shape[0], 1]) };
  return {
    parameters: [
      {
        name: `${name}/kernel`,
        shape: [inputs, experts],
        initialiser: { kind: "glorot", fanIn: inputs, fanOut: experts },
      },
    ],
    apply: (p, x) => tf.softmax(tf.matMul(x, p(`${name}/kernel`))) as tf.Tensor2D,
  };
}
