import * as tf from "@tensorflow/tfjs-core";
import type { Lookup, ParameterSpec } from "../module.js";

/** A layer whose outputs are mixed between the nets. */
export interface MixedLayer {
  readonly name: string;
  /** Numbers in the last axis of its output. */
  readonly width: number;
  readonly subspaces: number;
  /** Every net's. */
  readonly parameters: readonly ParameterSpec[];
}

/** `own` at one place and the rest spread over the others; 1 where there is but one. */
export function biased(count: number, at: number, own: number): number[] {
  if (count === 1) return [1];
  return Array.from({ length: count }, (_, i) => (i === at ? own : (1 - own) / (count - 1)));
}

/** A part of the last axis. */
const part = (x: tf.Tensor, g: number, width: number) => {
  const begin = x.shape.map((_, axis) => (axis === x.rank - 1 ? g * width : 0));
  return tf.slice(x, begin, [...x.shape.slice(0, -1), width]);
};

/** Σ ‖W_gᵀ W_h‖²_F over pairs of subspaces, W_g being the columns of a layer's kernel that make subspace g. */
export function overlap(kernel: tf.Tensor, subspaces: number): tf.Scalar {
  const outputs = kernel.shape.at(-1)!;
  const products = tf.matMul(tf.reshape(kernel, [-1, outputs]), tf.reshape(kernel, [-1, outputs]), true, false);
  const groupOf = (i: number) => Math.floor(i / (outputs / subspaces));
  const above = Array.from({ length: outputs ** 2 }, (_, at) =>
    groupOf(Math.floor(at / outputs)) < groupOf(at % outputs) ? 1 : 0,
  );
  return tf.sum(tf.mul(tf.square(products), tf.tensor2d(above, [outputs, outputs]))) as tf.Scalar;
}

/** Each net's output after the unit: x̃_(t,g) = Σ_(s,h) α_(t,g),(s,h) x_(s,h). */
export function stitch(
  p: Lookup,
  tasks: readonly string[],
  layer: MixedLayer,
  outputs: readonly tf.Tensor[],
): tf.Tensor[] {
  const { name, width, subspaces } = layer;
  const parts = outputs.flatMap((x) =>
    subspaces === 1 ? [x] : Array.from({ length: subspaces }, (_, g) => part(x, g, width / subspaces)),
  );
  return tasks.map((task) => {
    const factors = tf.split(p(`${task}/alpha/${name}`), subspaces * parts.length);
    const mixed = Array.from({ length: subspaces }, (_, g) =>
      parts.map((x, i) => tf.mul(x, factors[g * parts.length + i]!)).reduce((a, b) => tf.add(a, b)),
    );
    return mixed.length === 1 ? mixed[0]! : tf.concat(mixed, -1);
  });
}
