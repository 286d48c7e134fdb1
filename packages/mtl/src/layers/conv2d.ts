import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.js";
import { addBias } from "./add-bias.js";
import type { Activation } from "./dense.js";
import { relu } from "./relu.js";

export interface Conv2dOptions {
  /** Side of the square kernel, in pixels. */
  readonly kernel: number;
  readonly stride?: number;
  readonly activation: Activation;
}

/** A convolution with zero padding: x [n, h, w, inputs] → y [n, ⌈h/stride⌉, ⌈w/stride⌉, outputs]. */
export function conv2d(
  name: string,
  inputs: number,
  outputs: number,
  options: Conv2dOptions,
): Module<tf.Tensor4D, tf.Tensor4D> {
  const { kernel, stride = 1, activation } = options;
  const fanIn = kernel * kernel * inputs;
  return {
    parameters: [
      {
        name: `${name}/kernel`,
        shape: [kernel, kernel, inputs, outputs],
        initialiser:
          activation === "relu" ? { kind: "he", fanIn } : { kind: "glorot", fanIn, fanOut: kernel * kernel * outputs },
      },
      { name: `${name}/bias`, shape: [outputs], initialiser: { kind: "constant", value: 0 } },
    ],
    apply: (p, x) => {
      const sum = tf.conv2d(x, p(`${name}/kernel`) as tf.Tensor4D, stride, "same");
      const y = addBias(sum, p(`${name}/bias`));
      return activation === "relu" ? relu(y) : y;
    },
  };
}
