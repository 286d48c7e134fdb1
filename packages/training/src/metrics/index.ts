import type { HeadContract } from "@polypilot/core";
import { classificationScorer } from "./classification.js";
import { reconstructionScorer } from "./reconstruction.js";
import { regressionScorer } from "./regression.js";
import type { Scorer } from "./scorer.js";
import { segmentationScorer } from "./segmentation.js";

export { mostLikely } from "./classification.js";
export { accuracy, type Confusion, iou, recall } from "./confusion.js";
export { type Answer, addUp, type Metric, type Scorer } from "./scorer.js";
export { classificationScorer, reconstructionScorer, regressionScorer, segmentationScorer };

type Kind = HeadContract["kind"];
type Of<K extends Kind> = Extract<HeadContract, { kind: K }>;

const scorers: { readonly [K in Kind]: (head: Of<K>, peak: number) => Scorer } = {
  regression: (head) => regressionScorer(head.size, head.unit),
  classification: (head) => classificationScorer(head.classes),
  segmentation: (head) => segmentationScorer(head.classes),
  reconstruction: (head, peak) => reconstructionScorer(head.unit, peak),
};

/**
 * The scorer for a head's kind.
 *
 * @param peak - width of the range of a reconstructed feature; only read for reconstruction.
 */
export function scorerFor(head: HeadContract, peak = 255): Scorer {
  return (scorers[head.kind] as (head: HeadContract, peak: number) => Scorer)(head, peak);
}
