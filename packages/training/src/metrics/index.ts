import type { FeatureSpec, HeadContract } from "@polypilot/core";
import { classificationScorer } from "./classification.js";
import { reconstructionScorer } from "./reconstruction.js";
import { regressionScorer } from "./regression.js";
import type { Scorer } from "./scorer.js";
import { segmentationScorer } from "./segmentation.js";

export { mostLikely } from "./classification.js";
export { accuracy, type Confusion, iou, recall } from "./confusion.js";
export { type Answer, addUp, type Metric, type Scorer } from "./scorer.js";
export { answeredShape, type ImageShape, shrinkImage } from "./shrink-image.js";
export { classificationScorer, reconstructionScorer, regressionScorer, segmentationScorer };

type Kind = HeadContract["kind"];
type Of<K extends Kind> = Extract<HeadContract, { kind: K }>;

const scorers: { readonly [K in Kind]: (head: Of<K>, label: FeatureSpec) => Scorer } = {
  regression: (head) => regressionScorer(head.size, head.unit),
  classification: (head) => classificationScorer(head.classes),
  segmentation: (head) => segmentationScorer(head.classes),
  reconstruction: (head, { range, shape }) => {
    const peak = Math.max(...range.map(([low, high]) => high - low));
    return reconstructionScorer(head.unit, peak, shape);
  },
};

/**
 * The scorer for a head's kind.
 *
 * @param label - what the head's labels are.
 */
export function scorerFor(head: HeadContract, label: FeatureSpec): Scorer {
  return (scorers[head.kind] as (head: HeadContract, label: FeatureSpec) => Scorer)(head, label);
}
