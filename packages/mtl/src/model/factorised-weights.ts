import type { Contract } from "@polypilot/core";
import { factorsFrom } from "../architectures/tensor-factorisation.js";
import { architectureInput } from "./network.js";

/**
 * First weights of a model with the architecture `tensor-factorisation`, from nets that were trained alone.
 *
 * Each layer's kernels of all tasks are decomposed at the contract's ranks; heads and biases are handed through.
 *
 * @param contract - its architecture is `tensor-factorisation`.
 * @param alone - weights of a model of the same contract with the architecture `soft`, strength 0 and the same `size`.
 * @example
 * model.setWeights(factorisedWeights(contract, alone.getWeights()));
 */
export function factorisedWeights(
  contract: Contract,
  alone: Readonly<Record<string, Float32Array>>,
): Record<string, Float32Array> {
  return factorsFrom(architectureInput(contract), alone);
}
