import * as tf from "@tensorflow/tfjs-core";
import type { Module } from "../module.js";
import { conv2d } from "./conv2d.js";
import { relu } from "./relu.js";
import { upsample } from "./upsample.js";

type MapShape = readonly [height: number, width: number, channels: number];

/**
 * An image from an encoder's maps: from coarse to fine, each step doubles the size and adds the next finer map.
 *
 * The coarsest map becomes `width` channels; then, until the wanted size: upsample to the next map's size, add that map through
 * a 1×1 convolution, rectify, mix by a 3×3 convolution. Maps finer than the wanted size are left out.
 *
 * @param size - [height, width, channels] of the image.
 * @see Lin et al. 2017, Feature Pyramid Networks, arXiv:1612.03144; narrower, and with nearest-neighbour steps like theirs.
 */
export function mapDecoder(
  name: string,
  maps: readonly MapShape[],
  size: MapShape,
  width: number,
): Module<readonly tf.Tensor4D[], tf.Tensor4D> {
  const used = maps
    .map((shape, level) => ({ shape, level }))
    .filter((m) => m.shape[0] <= size[0] && m.shape[1] <= size[1]);
  const levels = (used.length > 0 ? used : [{ shape: maps.at(-1)!, level: maps.length - 1 }]).toReversed();
  const lateral = levels.map((m) =>
    conv2d(`${name}/lateral${m.level + 1}`, m.shape[2], width, { kernel: 1, activation: "linear" }),
  );
  const mix = levels
    .slice(1)
    .map((m) => conv2d(`${name}/mix${m.level + 1}`, width, width, { kernel: 3, activation: "relu" }));
  const last = conv2d(`${name}/out`, width, size[2], { kernel: 1, activation: "linear" });
  return {
    parameters: [...lateral, ...mix, last].flatMap((layer) => layer.parameters),
    apply: (p, inputs, context) => {
      let x = relu(lateral[0]!.apply(p, inputs[levels[0]!.level]!, context));
      for (const [i, { shape, level }] of levels.entries()) {
        if (i === 0) continue;
        const finer = lateral[i]!.apply(p, inputs[level]!, context);
        x = mix[i - 1]!.apply(p, relu(tf.add(upsample(x, shape[0], shape[1]), finer)), context);
      }
      return upsample(last.apply(p, x, context), size[0], size[1]);
    },
  };
}
