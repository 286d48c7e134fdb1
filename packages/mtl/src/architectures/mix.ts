import * as tf from "@tensorflow/tfjs-core";
import type { Representation } from "./architecture.js";

/** Σ_i gates[:, i] · xs[i], sample by sample. @param gates - [n, xs.length] */
function weightedSum<T extends tf.Tensor>(xs: readonly T[], gates: tf.Tensor2D): T {
  const n = gates.shape[0];
  const terms = xs.map((x, i) => {
    const gate = tf.reshape(tf.slice(gates, [0, i], [n, 1]), [n, ...x.shape.slice(1).map(() => 1)]);
    return tf.mul(x, gate) as T;
  });
  return terms.reduce((sum, term) => tf.add(sum, term) as T);
}

/**
 * What a task reads of its experts: each expert's vector and maps times its gate, summed.
 *
 * The maps are mixed when a head first asks for them: most heads read the vector alone.
 *
 * @param gates - [n, experts.length], rows sum to 1.
 */
export function mix(experts: readonly Representation[], gates: tf.Tensor2D): Representation {
  let maps: Representation["maps"] | undefined;
  return {
    vector: weightedSum(
      experts.map((e) => e.vector),
      gates,
    ),
    get maps() {
      maps ??= Object.fromEntries(
        Object.entries(experts[0]!.maps).map(([stream, levels]) => [
          stream,
          levels.map((_, level) =>
            weightedSum(
              experts.map((e) => e.maps[stream]![level]!),
              gates,
            ),
          ),
        ]),
      );
      return maps;
    },
  };
}
