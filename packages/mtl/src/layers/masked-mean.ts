import * as tf from "@tensorflow/tfjs-core";

/**
 * The mean of the losses of those samples that have a label; 0 where none has.
 *
 * Σ mask·loss / max(1, Σ mask): a sample without label has exactly zero gradient, whatever its loss is.
 *
 * @param losses - [n], one loss a sample.
 * @param mask - [n], 1 where the sample has a label, else 0.
 */
export function maskedMean(losses: tf.Tensor1D, mask: tf.Tensor1D): tf.Scalar {
  const labelled = tf.where(tf.greater(mask, 0), losses, tf.zerosLike(losses));
  return tf.div(tf.sum(labelled), tf.maximum(tf.sum(mask), 1)) as tf.Scalar;
}
