import * as tf from "@tensorflow/tfjs-core";

/**
 * 1 where a number has one of the wanted ranks in its row, else 0; no gradient passes.
 *
 * Of equal numbers the one further left ranks first, so that exactly `count` are marked in each row.
 *
 * @param x - [n, m]
 * @param first - 0 is the largest number's rank.
 * @returns [n, m]
 */
export function rankMask(x: tf.Tensor2D, first: number, count: number): tf.Tensor2D {
  const columns = x.shape[1];
  if (count === columns) return tf.ones([x.shape[0], columns]);
  const mask = tf.customGrad((input) => {
    const { indices } = tf.topk(input as tf.Tensor2D, first + count);
    const wanted = first === 0 ? indices : tf.slice(indices, [0, first], [-1, count]);
    const marks = tf.cast(tf.oneHot(wanted as tf.Tensor2D, columns), "float32");
    return { value: tf.sum(marks, 1), gradFunc: (dy) => tf.zerosLike(dy) };
  });
  return mask(x) as tf.Tensor2D;
}
