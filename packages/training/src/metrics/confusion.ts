import type { Metric } from "./scorer.js";

/** [classes, classes] counts in row-major order: row = truth, column = prediction. */
export type Confusion = Float64Array;

const at = (sums: Confusion, k: number, truth: number, prediction: number) => sums[truth * k + prediction]!;

function marginals(sums: Confusion, k: number, c: number): { hit: number; truths: number; predictions: number } {
  let [truths, predictions] = [0, 0];
  for (let other = 0; other < k; other += 1) {
    truths += at(sums, k, c, other);
    predictions += at(sums, k, other, c);
  }
  return { hit: at(sums, k, c, c), truths, predictions };
}

const meanOfDefined = (values: readonly number[]) => {
  const defined = values.filter((v) => !Number.isNaN(v));
  return defined.reduce((a, b) => a + b, 0) / defined.length;
};
const eachClass = (k: number) => Array.from({ length: k }, (_, c) => c);

/** Share of right answers. */
export function accuracy(sums: Confusion, k: number): number {
  let [right, all] = [0, 0];
  for (const c of eachClass(k)) {
    right += at(sums, k, c, c);
    for (const other of eachClass(k)) all += at(sums, k, c, other);
  }
  return right / all;
}

/** Share of the class's truths that were found; NaN if there is none. */
export function recall(sums: Confusion, k: number, c: number): number {
  const { hit, truths } = marginals(sums, k, c);
  return hit / truths;
}

/** Intersection over union: hits / (truths + predictions − hits); NaN if the class neither is nor was predicted. */
export function iou(sums: Confusion, k: number, c: number): number {
  const { hit, truths, predictions } = marginals(sums, k, c);
  return hit / (truths + predictions - hit);
}

/** Metrics that follow from a confusion matrix. */
export const confusionMetrics = {
  accuracy: (k: number, title = "accuracy"): Metric => ({
    name: "accuracy",
    title,
    unit: "1",
    better: "higher",
    value: (sums) => accuracy(sums, k),
  }),
  /** Mean recall over the classes that occur: a class counts as much as another, however rare. */
  balancedAccuracy: (k: number): Metric => ({
    name: "balanced_accuracy",
    title: "balanced accuracy",
    unit: "1",
    better: "higher",
    value: (sums) => meanOfDefined(eachClass(k).map((c) => recall(sums, k, c))),
  }),
  recalls: (classes: readonly string[]): Metric[] =>
    classes.map((name, c) => ({
      name: `recall_${name}`,
      title: `recall of ${name}`,
      unit: "1",
      better: "higher",
      value: (sums) => recall(sums, classes.length, c),
    })),
  meanIou: (k: number): Metric => ({
    name: "mean_iou",
    title: "mean IoU",
    unit: "1",
    better: "higher",
    value: (sums) => meanOfDefined(eachClass(k).map((c) => iou(sums, k, c))),
  }),
  ious: (classes: readonly string[]): Metric[] =>
    classes.map((name, c) => ({
      name: `iou_${name}`,
      title: `IoU of ${name}`,
      unit: "1",
      better: "higher",
      value: (sums) => iou(sums, classes.length, c),
    })),
};
