import { sizeOf } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import type { EncoderModule } from "../encoders/encoder.js";

/** What a gate that chooses between experts looks at: the streams themselves, before any expert. */
export interface GateInput {
  /** Numbers that it has. */
  readonly size: number;
  /** @returns [n, size] */
  readonly apply: (features: Readonly<Record<string, tf.Tensor>>) => tf.Tensor2D;
}

/** Longest side of an image for a gate, in cells. */
const SIDE = 8;

const cellOf = (length: number) => Math.ceil(length / SIDE);

/** Numbers that a gate sees of a stream. */
function gateSize(shape: readonly number[]): number {
  const [height, width, channels] = shape;
  if (channels === undefined) return sizeOf(shape);
  return Math.ceil(height! / cellOf(height!)) * Math.ceil(width! / cellOf(width!)) * channels;
}

/**
 * All streams in the model's unit, side by side in one vector; an image as a thumbnail of at most 8 × 8 cells.
 *
 * The papers' gates read the input itself. A camera's has ten thousands of numbers, so that a gate would outweigh its experts:
 * here each cell of the thumbnail is the mean of the pixels that it covers.
 */
export function gateInput(encoders: readonly { readonly stream: string; readonly module: EncoderModule }[]): GateInput {
  const sizes = encoders.map(({ module }) => gateSize(module.inputShape));
  return {
    size: sizes.reduce((sum, n) => sum + n, 0),
    apply: (features) => {
      const parts = encoders.map(({ stream, module }, i) => {
        const x = module.prepare(features[stream]!);
        const [height, width, channels] = module.inputShape;
        if (channels === undefined) return tf.reshape(x, [-1, sizes[i]!]) as tf.Tensor2D;
        const cell: [number, number] = [cellOf(height!), cellOf(width!)];
        return tf.reshape(tf.avgPool(x as tf.Tensor4D, cell, cell, "same"), [-1, sizes[i]!]) as tf.Tensor2D;
      });
      return parts.length === 1 ? parts[0]! : tf.concat2d(parts, 1);
    },
  };
}
