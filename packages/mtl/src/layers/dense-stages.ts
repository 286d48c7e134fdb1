import type * as tf from "@tensorflow/tfjs-core";
import type { Stage } from "../encoders/encoder.js";
import { dense } from "./dense.js";

/** Fully connected layers with rectifiers as stages of an encoder. */
export function denseStages(name: string, inputs: number, sizes: readonly number[]): Stage[] {
  return sizes.map((outputs, i) => {
    const layer = dense(`${name}/dense${i + 1}`, sizes[i - 1] ?? inputs, outputs, { activation: "relu" });
    return {
      parameters: layer.parameters,
      shape: [outputs],
      apply: (p, x, context) => layer.apply(p, x as tf.Tensor2D, context),
    };
  });
}
