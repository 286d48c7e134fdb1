import { confusionMetrics } from "./confusion.js";
import type { Scorer } from "./scorer.js";

/** The class with the greatest probability; the first of equals. */
export function mostLikely(probabilities: ArrayLike<number>): number {
  let best = 0;
  for (let c = 1; c < probabilities.length; c += 1) if (probabilities[c]! > probabilities[best]!) best = c;
  return best;
}

/**
 * Scores of predicted class probabilities: balanced accuracy, accuracy, recall of each class, negative log-likelihood.
 *
 * The sums are the confusion matrix and, behind it, Σ −ln p(truth).
 */
export function classificationScorer(classes: readonly string[]): Scorer {
  const k = classes.length;
  return {
    size: k * k + 1,
    add: (sums, truth, { mean }) => {
      const t = truth[0]!;
      sums[t * k + mostLikely(mean)]! += 1;
      sums[k * k]! -= Math.log(Math.max(mean[t]!, 1e-12));
    },
    metrics: [
      confusionMetrics.balancedAccuracy(k),
      confusionMetrics.accuracy(k),
      ...confusionMetrics.recalls(classes),
      {
        name: "nll",
        title: "negative log-likelihood",
        unit: "nat",
        better: "lower",
        value: (sums) => sums[k * k]! / sums.subarray(0, k * k).reduce((a, b) => a + b, 0),
      },
    ],
  };
}
