import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.js";
import { conv2d } from "./conv2d.js";
import { dense } from "./dense.js";
import { upsample } from "./upsample.js";

/**
 * An image from a vector alone: a fully connected layer to a quarter of the size, then twice upsample and convolve.
 *
 * @param size - [height, width, channels] of the image.
 */
export function imageDecoder(
  name: string,
  inputs: number,
  [height, width, channels]: readonly [number, number, number],
  filters: number,
): Module<tf.Tensor2D, tf.Tensor4D> {
  const sides = [4, 2, 1].map((k) => [Math.ceil(height / k), Math.ceil(width / k)] as const);
  const [coarse, middle, fine] = sides as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ];
  const first = dense(`${name}/dense`, inputs, coarse[0] * coarse[1] * filters, { activation: "relu" });
  const second = conv2d(`${name}/conv1`, filters, filters, { kernel: 3, activation: "relu" });
  const last = conv2d(`${name}/conv2`, filters, channels, { kernel: 3, activation: "linear" });
  return {
    parameters: [...first.parameters, ...second.parameters, ...last.parameters],
    apply: (p, x, context) => {
      const seed = tf.reshape(first.apply(p, x, context), [-1, coarse[0], coarse[1], filters]) as tf.Tensor4D;
      const half = second.apply(p, upsample(seed, middle[0], middle[1]), context);
      return last.apply(p, upsample(half, fine[0], fine[1]), context);
    },
  };
}
