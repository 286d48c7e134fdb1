import type { FeatureSpec } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";

const CLIP = 3;

/** Middle and half width of each element's range: the model's unit is (x − middle) / half. */
function scaleOf(spec: FeatureSpec): { readonly middle: Float32Array; readonly half: Float32Array } {
  return {
    middle: Float32Array.from(spec.range, ([low, high]) => (low + high) / 2),
    half: Float32Array.from(spec.range, ([low, high]) => (high - low) / 2),
  };
}

/**
 * A feature in the model's unit: its range becomes [−1, 1].
 *
 * Floats are clipped to ±3, so that one wild reading cannot swamp the others; bytes cannot leave their range.
 */
export function toModelUnit(x: tf.Tensor, spec: FeatureSpec): tf.Tensor {
  const { middle, half } = scaleOf(spec);
  const scaled = tf.mul(tf.sub(x, tf.tensor1d(middle)), tf.tensor1d(half.map((h) => 1 / h)));
  return spec.dtype === "uint8" ? scaled : tf.clipByValue(scaled, -CLIP, CLIP);
}

/** A value in the feature's own unit from the model's unit. */
export function fromModelUnit(x: tf.Tensor, spec: FeatureSpec): tf.Tensor {
  const { middle, half } = scaleOf(spec);
  return tf.add(tf.mul(x, tf.tensor1d(half)), tf.tensor1d(middle));
}
