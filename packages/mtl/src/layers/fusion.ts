import * as tf from "@tensorflow/tfjs-core";
import type { Encoded } from "../encoders/encoder.js";
import type { Module } from "../module.js";
import { dense } from "./dense.js";

/** One vector from all streams: concatenated, then a fully connected layer with a rectifier. */
export function fusion(
  name: string,
  vectorSizes: readonly number[],
  size: number,
): Module<readonly Encoded[], tf.Tensor2D> {
  const inputs = vectorSizes.reduce((sum, n) => sum + n, 0);
  const layer = dense(`${name}/dense`, inputs, size, { activation: "relu" });
  return {
    parameters: layer.parameters,
    apply: (p, encoded, context) => {
      const vectors = encoded.map((e) => e.vector);
      return layer.apply(p, vectors.length === 1 ? vectors[0]! : tf.concat2d(vectors, 1), context);
    },
  };
}
