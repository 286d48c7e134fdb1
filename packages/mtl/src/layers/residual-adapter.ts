import { PolypilotError } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Lookup, ParameterSpec } from "../module.js";

/** `scaling`: y = s⊙z + b. `series`: y = s⊙(z + A·z) + b. `parallel`: y = s⊙(z + A·x) + b, with x what the layer read. */
export type AdapterKind = "scaling" | "series" | "parallel";

/** What a task adds to one layer of a net that it shares. */
export interface ResidualAdapter {
  readonly parameters: readonly ParameterSpec[];
  /** @param x - what the layer read. @param z - what it answered. */
  readonly apply: (p: Lookup, x: tf.Tensor, z: tf.Tensor) => tf.Tensor;
}

/** Side of the blocks of pixels that bring one size to the other. */
function strideOf(name: string, from: readonly number[], to: readonly number[]): number {
  const stride = Array.from({ length: from[0]! }, (_, i) => i + 1).find(
    (s) => Math.ceil(from[0]! / s) === to[0] && Math.ceil(from[1]! / s) === to[1],
  );
  if (stride !== undefined) return stride;
  throw new PolypilotError("MTL_SHAPE", ["mtl", name], {
    expected: "a parallel adapter's layer divides both sides of the image by the same whole number",
    found: `[${from.join(", ")}] to [${to.join(", ")}]`,
    todo: "Use series adapters",
  });
}

/**
 * A·x over the channels: a 1×1 convolution of images, a matrix product of vectors.
 *
 * A smaller image is made by means over blocks: TensorFlow's gradient of a 1×1 convolution with stride 2 writes past its memory.
 */
function channelMap(name: string, from: readonly number[], to: readonly number[]) {
  const images = to.length === 3;
  const stride = images ? strideOf(name, from, to) : 1;
  const channels = [from.at(-1)!, to.at(-1)!];
  const kernel: ParameterSpec = {
    name: `${name}/kernel`,
    shape: images ? [1, 1, ...channels] : channels,
    initialiser: { kind: "constant", value: 0 },
  };
  const apply = (p: Lookup, x: tf.Tensor): tf.Tensor => {
    if (!images) return tf.matMul(x as tf.Tensor2D, p(kernel.name));
    const small = stride === 1 ? (x as tf.Tensor4D) : tf.avgPool(x as tf.Tensor4D, stride, stride, "same");
    return tf.conv2d(small, p(kernel.name) as tf.Tensor4D, 1, "same");
  };
  return { kernel, apply };
}

/**
 * A residual adapter: a layer's answer, corrected for one task through few numbers of its own.
 *
 * It starts with s = 1, A = 0 and b = 0, where it is the layer itself, bit for bit. Numbers: 2C for s and b, and C² (in series) or
 * C_in·C (in parallel) for A.
 *
 * @param from - shape of what the layer reads, [h, w, c] or [n].
 * @param to - shape of what it answers.
 */
export function residualAdapter(
  name: string,
  kind: AdapterKind,
  from: readonly number[],
  to: readonly number[],
): ResidualAdapter {
  const map = kind === "scaling" ? null : channelMap(name, kind === "series" ? to : from, to);
  const channels = to.at(-1)!;
  const perChannel = (part: string, value: number): ParameterSpec => ({
    name: `${name}/${part}`,
    shape: [channels],
    initialiser: { kind: "constant", value },
  });
  return {
    parameters: [...(map ? [map.kernel] : []), perChannel("scale", 1), perChannel("shift", 0)],
    apply: (p, x, z) => {
      const corrected = map ? tf.add(z, map.apply(p, kind === "series" ? z : x)) : z;
      return tf.add(tf.mul(corrected, p(`${name}/scale`)), p(`${name}/shift`));
    },
  };
}
