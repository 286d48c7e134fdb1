import { denseStages } from "../layers/dense-stages.js";
import { stagedEncoder } from "../layers/staged-encoder.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Encoder } from "./encoder.js";

const options = {
  sizes: { type: "numbers", default: [64, 32], counts: true, doc: "numbers after each layer" },
  dropout: { type: "number", default: 0, min: 0, max: 0.9, doc: "share of the vector's numbers zeroed in training" },
} as const satisfies OptionSpecs;

/** Fully connected layers over the sectors of a laser scan. */
export const ranges: Encoder = {
  name: "ranges",
  sentence: "Fully connected layers over the distances of a laser scan",
  paper: "none",
  kinds: ["ranges"],
  options,
  create: (name, spec, given) => {
    const { sizes, dropout } = resolveOptions(options, given, name);
    return stagedEncoder(name, spec, denseStages(name, spec.shape[0]!, sizes), dropout);
  },
};
