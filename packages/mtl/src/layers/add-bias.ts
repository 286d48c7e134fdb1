import * as tf from "@tensorflow/tfjs-core";
import { runNative } from "../run-native.js";

/** x + b over the last axis, with the bias's gradient in one operation. */
export function addBias<T extends tf.Tensor>(x: T, bias: tf.Tensor): T {
  const axes = x.shape.slice(0, -1).map((_, i) => i);
  const add = tf.customGrad((a, b) => ({
    value: tf.add(a as tf.Tensor, b as tf.Tensor),
    gradFunc: (dy) => [dy.clone(), runNative("BiasAddGrad", [dy]) ?? tf.sum(dy, axes)],
  }));
  return add(x, bias) as T;
}
