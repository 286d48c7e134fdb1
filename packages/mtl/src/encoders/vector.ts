import { denseStages } from "../layers/dense-stages.js";
import { stagedEncoder } from "../layers/staged-encoder.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Encoder } from "./encoder.js";

const options = {
  sizes: { type: "numbers", default: [16], counts: true, doc: "numbers after each layer" },
  dropout: { type: "number", default: 0, min: 0, max: 0.9, doc: "share of the vector's numbers zeroed in training" },
} as const satisfies OptionSpecs;

/** Fully connected layers over a few named numbers, each scaled by its range in the contract. */
export const vector: Encoder = {
  name: "vector",
  sentence: "Fully connected layers over joints, inertial or odometry readings",
  paper: "none",
  kinds: ["joints", "imu", "odometry"],
  options,
  create: (name, spec, given) => {
    const { sizes, dropout } = resolveOptions(options, given, name);
    return stagedEncoder(name, spec, denseStages(name, spec.shape[0]!, sizes), dropout);
  },
};
