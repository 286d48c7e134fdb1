import * as tf from "@tensorflow/tfjs-core";
import { conv2d } from "../layers/conv2d.js";
import { dense } from "../layers/dense.js";
import { upsample } from "../layers/upsample.js";
import type { Context, Lookup, Module, ParameterSpec } from "../module.js";

/** One task's attention over one block of a shared net. */
export interface AttentionMask {
  readonly parameters: readonly ParameterSpec[];
  /**
   * The shared feature, masked: a ⊙ p.
   *
   * @param shared - p, the block's output.
   * @param previous - the task's masked features below, one each; empty at the first block.
   */
  readonly apply: (p: Lookup, shared: tf.Tensor, previous: readonly tf.Tensor[], context: Context) => tf.Tensor;
}

const flat = (x: tf.Tensor) => tf.reshape(x, [x.shape[0]!, -1]);
const countOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** The stride that makes a side of `to` from one of `from` with zero padding, in both axes; 1 where none does. */
function strideOf(from: readonly number[], to: readonly number[]): number {
  return [1, 2, 3, 4].find((s) => [0, 1].every((axis) => Math.ceil(from[axis]! / s) === to[axis])) ?? 1;
}

/** f: what the masked features below say to a block, in the block's shape. */
function bridge(name: string, below: readonly (readonly number[])[], shape: readonly number[]) {
  if (shape.length === 3) {
    const [from] = below as readonly [readonly number[]];
    const layer = conv2d(name, from[2]!, shape[2]!, { kernel: 3, stride: strideOf(from, shape), activation: "relu" });
    return {
      parameters: layer.parameters,
      apply: (p: Lookup, previous: readonly tf.Tensor[], context: Context): tf.Tensor =>
        upsample(layer.apply(p, previous[0] as tf.Tensor4D, context), shape[0]!, shape[1]!),
    };
  }
  const inputs = below.reduce((sum, from) => sum + countOf(from), 0);
  const layer = dense(name, inputs, shape[0]!, { activation: "relu" });
  return {
    parameters: layer.parameters,
    apply: (p: Lookup, previous: readonly tf.Tensor[], context: Context): tf.Tensor => {
      const rows = previous.map(flat);
      return layer.apply(p, (rows.length === 1 ? rows[0]! : tf.concat(rows, 1)) as tf.Tensor2D, context);
    },
  };
}

/** A 1×1 convolution over an image, a fully connected layer over a vector. */
function pointwise(name: string, shape: readonly number[], inputs: number, activation: "relu" | "linear") {
  const outputs = shape.at(-1)!;
  const layer =
    shape.length === 3
      ? conv2d(name, inputs, outputs, { kernel: 1, activation })
      : dense(name, inputs, outputs, { activation });
  return layer as unknown as Module<tf.Tensor, tf.Tensor>;
}

/**
 * a = σ(h(g([u; f(â below)]))), and a ⊙ p of the shared p.
 *
 * @param shape - of the block's output, without the batch axis.
 * @param below - shapes of the masked features that it reads; none at the first block.
 */
export function attentionMask(
  name: string,
  shape: readonly number[],
  below: readonly (readonly number[])[],
): AttentionMask {
  const width = shape.at(-1)!;
  const f = below.length > 0 ? bridge(`${name}/f`, below, shape) : null;
  const g = pointwise(`${name}/g`, shape, f ? 2 * width : width, "relu");
  const h = pointwise(`${name}/h`, shape, width, "linear");
  return {
    parameters: [...(f?.parameters ?? []), ...g.parameters, ...h.parameters],
    apply: (p, shared, previous, context) => {
      const input = f ? tf.concat([shared, f.apply(p, previous, context)], -1) : shared;
      return tf.mul(tf.sigmoid(h.apply(p, g.apply(p, input, context), context)), shared);
    },
  };
}
