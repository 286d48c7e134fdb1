import type { Split } from "@polypilot/dataset";

/** Which episodes a run's figures are from: where nothing validates, those it was trained on are all there is to show. */
export function scoredOn(split: Pick<Split, "train" | "validation">): "validation" | "training" {
  return split.validation.episodes.length > 0 ? "validation" : "training";
}
