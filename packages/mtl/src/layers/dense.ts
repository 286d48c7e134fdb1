import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.js";
import { addBias } from "./add-bias.js";
import { relu } from "./relu.js";

/** What follows the weighted sum. */
export type Activation = "relu" | "linear";

export interface DenseOptions {
  readonly activation: Activation;
  /** First value of the bias. */
  readonly bias?: number;
}

/** A fully connected layer: y = activation(x·W + b), x [n, inputs] → y [n, outputs]. */
export function dense(
  name: string,
  inputs: number,
  outputs: number,
  options: DenseOptions,
): Module<tf.Tensor2D, tf.Tensor2D> {
  const kernel =
    options.activation === "relu"
      ? ({ kind: "he", fanIn: inputs } as const)
      : ({ kind: "glorot", fanIn: inputs, fanOut: outputs } as const);
  return {
    parameters: [
      { name: `${name}/kernel`, shape: [inputs, outputs], initialiser: kernel },
      { name: `${name}/bias`, shape: [outputs], initialiser: { kind: "constant", value: options.bias ?? 0 } },
    ],
    apply: (p, x) => {
      const y = addBias(tf.matMul(x, p(`${name}/kernel`)) as tf.Tensor2D, p(`${name}/bias`));
      return options.activation === "relu" ? relu(y) : y;
    },
  };
}
