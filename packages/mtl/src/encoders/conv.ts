import type * as tf from "@tensorflow/tfjs-core";
import { conv2d } from "../layers/conv2d.js";
import { stagedEncoder } from "../layers/staged-encoder.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Encoder, Stage } from "./encoder.js";

const options = {
  channels: {
    type: "numbers",
    default: [16, 32, 48, 64],
    counts: true,
    doc: "channels after each convolution; each halves the image's sides",
  },
  dropout: { type: "number", default: 0, min: 0, max: 0.9, doc: "share of the vector's numbers zeroed in training" },
} as const satisfies OptionSpecs;

/**
 * A small convolutional net for images: a 5×5 convolution, then 3×3 ones, each with stride 2 and a rectifier.
 *
 * The maps after each convolution stay at hand for heads that answer with an image.
 *
 * @see Bojarski et al. 2016, End to End Learning for Self-Driving Cars, arXiv:1604.07316; smaller here.
 */
export const conv: Encoder = {
  name: "conv",
  sentence: "Strided convolutions over an image",
  paper: "Bojarski et al. 2016, End to End Learning for Self-Driving Cars",
  kinds: ["camera"],
  options,
  create: (name, spec, given) => {
    const { channels, dropout } = resolveOptions(options, given, name);
    let [height, width, inputs] = spec.shape as [number, number, number];
    const stages = channels.map((outputs, i): Stage => {
      const layer = conv2d(`${name}/conv${i + 1}`, inputs, outputs, {
        kernel: i === 0 ? 5 : 3,
        stride: 2,
        activation: "relu",
      });
      [height, width, inputs] = [Math.ceil(height / 2), Math.ceil(width / 2), outputs];
      return {
        parameters: layer.parameters,
        shape: [height, width, outputs],
        apply: (p, x, context) => layer.apply(p, x as tf.Tensor4D, context),
      };
    });
    return stagedEncoder(name, spec, stages, dropout);
  },
};
