import * as tf from "@tensorflow/tfjs-core";

/**
 * −Σ_k y_k log softmax(z)_k over the last axis.
 *
 * @param logits - […, k]
 * @param oneHot - […, k]; rows may be scaled by a class weight.
 */
export function crossEntropy(logits: tf.Tensor, oneHot: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits, -1), oneHot), -1));
}

/** One row a number of class; the row of a number that is no class is zero, so that it has no loss. */
export function oneHotRows(classes: ArrayLike<number>, count: number, weights?: readonly number[]): Float32Array {
  const rows = new Float32Array(classes.length * count);
  for (let i = 0; i < classes.length; i += 1) {
    const k = classes[i]!;
    if (k >= 0 && k < count) rows[i * count + k] = weights?.[k] ?? 1;
  }
  return rows;
}
