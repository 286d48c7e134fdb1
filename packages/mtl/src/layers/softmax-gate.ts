import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.js";

/**
 * How much each expert counts for a sample: softmax(x·W), without bias as in the papers; x [n, inputs] → [n, experts], rows sum to 1.
 */
export function softmaxGate(name: string, inputs: number, experts: number): Module<tf.Tensor2D, tf.Tensor2D> {
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
