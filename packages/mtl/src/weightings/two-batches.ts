import { PolypilotError } from "@polypilot/core";
import type { GramianInputs } from "./weighting.js";

/**
 * J₁J₂ᵀ of two independent batches.
 *
 * @throws PolypilotError `MTL_DRAWS` if the caller has only one batch: its Gramian is biased by the noise that both factors share.
 */
export function crossGramianOf(method: string, { crossGramian }: GramianInputs): Float64Array {
  if (crossGramian) return crossGramian;
  throw new PolypilotError("MTL_DRAWS", ["mtl", `weighting.${method}`], {
    expected: `${method} is given gradients of two independent batches`,
    found: "one batch",
    todo: "Use another weighting where the trainer draws one batch a step",
  });
}
