import { type FeatureSpec, type HeadContract, PolypilotError, sizeOf } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { specOf } from "../feature-spec.js";
import { dense } from "../layers/dense.js";
import { imageDecoder } from "../layers/image-decoder.js";
import { fromModelUnit, toModelUnit } from "../layers/scale.js";
import type { Module } from "../module.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Head } from "./head.js";
import { checkLabelSize, floatLabels } from "./labels.js";

type ReconstructionContract = Extract<HeadContract, { kind: "reconstruction" }>;

const options = {
  shrink: {
    type: "integer",
    default: 2,
    min: 1,
    max: 16,
    doc: "images: the side of the block of pixels that one answered pixel averages",
  },
  width: { type: "integer", default: 16, min: 1, max: 1024, doc: "images: channels of the decoder" },
  hidden: { type: "integer", default: 64, min: 1, max: 8192, doc: "vectors: numbers in the hidden layer" },
} as const satisfies OptionSpecs;

/** Shape of what is answered: the image shrunk, rounding up; a vector as it is. */
function answerShape(spec: FeatureSpec, shrink: number): readonly number[] {
  const [height, width, channels] = spec.shape;
  return channels === undefined ? spec.shape : [Math.ceil(height! / shrink), Math.ceil(width! / shrink), channels];
}

function vectorDecoder(name: string, inputs: number, hidden: number, outputs: number): Module<tf.Tensor2D, tf.Tensor> {
  const first = dense(`${name}/hidden`, inputs, hidden, { activation: "relu" });
  const last = dense(`${name}/mean`, hidden, outputs, { activation: "linear" });
  return {
    parameters: [...first.parameters, ...last.parameters],
    apply: (p, x, context) => last.apply(p, first.apply(p, x, context), context),
  };
}

/**
 * A stream's own feature, now or some samples ahead, from the shared vector: an autoencoder's or a predictor's second half.
 *
 * All it can use is the shared vector, a bottleneck, so that the vector must hold what the picture shows. The loss is the mean
 * squared error in half ranges of the stream's unit.
 *
 * @see Hinton and Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks.
 */
export const reconstruction: Head = {
  name: "reconstruction",
  kind: "reconstruction",
  sentence: "A stream's own feature, now or ahead, from the shared vector alone",
  paper: "Hinton and Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks",
  formula: "‖x − h(z)‖², in half ranges",
  differs: "Trained with the other tasks, not layer by layer.",
  options,
  create: ({ name, prefix, head, input, specs }) => {
    const { label, options: given } = head as ReconstructionContract;
    if (!("stream" in label)) {
      throw new PolypilotError("MTL_HEAD", ["mtl", `heads.${name}`], {
        expected: "the label of a reconstruction is a stream",
        found: "topic" in label ? `the topic ${label.topic}` : `bins of ${label.head}`,
        todo: "Write label: { stream: NAME }",
      });
    }
    const resolved = resolveOptions(options, given, `heads.${name}.options`);
    const spec = specOf(specs, label.stream, `heads.${name}.label`);
    const shape = answerShape(spec, resolved.shrink);
    const decoder: Module<tf.Tensor2D, tf.Tensor> =
      shape.length === 3
        ? imageDecoder(prefix, input.vectorSize, shape as readonly [number, number, number], resolved.width)
        : vectorDecoder(prefix, input.vectorSize, resolved.hidden, shape[0]!);
    const axes = shape.map((_, i) => i + 1);
    // Along with the loss, not with the labels: it is then a part of the step's graph.
    const shrunk = (full: tf.Tensor): tf.Tensor => {
      const scaled = toModelUnit(full, spec);
      return shape.length === 3 && resolved.shrink > 1
        ? tf.avgPool(scaled as tf.Tensor4D, resolved.shrink, resolved.shrink, "same")
        : scaled;
    };
    return {
      lossKind: "regression",
      shape,
      parameters: decoder.parameters,
      apply: (p, { vector }, context) => ({ mean: decoder.apply(p, vector, context) }),
      target: (labels) => {
        checkLabelSize(name, labels, sizeOf(spec.shape));
        return tf.tensor(floatLabels(labels), [labels.mask.length, ...spec.shape]);
      },
      losses: (output, target) => tf.mean(tf.square(tf.sub(output.mean!, shrunk(target))), axes) as tf.Tensor1D,
      decode: (output) => ({ mean: fromModelUnit(output.mean!, spec) }),
    };
  },
};
