import type { Metric, Scorer } from "./scorer.js";

/** Sums of one element, in this order. */
const COUNT = 0;
const TRUTH = 1;
const TRUTH_SQUARED = 2;
const PREDICTION = 3;
const PREDICTION_SQUARED = 4;
const PRODUCT = 5;
const ERROR_SQUARED = 6;
const ERROR = 7;
const SIGMAS = 8;
const WITHIN = 9;
const NEGATIVE_LOG = 10;
const SAME_SIGN = 11;
const SIGNED = 12;
const TERMS = 13;

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Scores of a predicted number y against its truth t: R², mean absolute and root-mean-square error, correlation, share of
 * equal signs (of truths that are not 0), and for heads with a σ its calibration.
 *
 * R² = 1 − Σ(t − y)² / Σ(t − t̄)²: 1 is perfect, 0 is as good as always saying the mean, below 0 is worse. Calibration: the
 * share of truths within ±1 σ (68.3 % for an honest normal σ) and the mean negative log-likelihood
 * ln σ + ½ ln 2π + ((t − y)/σ)²/2. Heads with several elements: the mean of each metric over its elements.
 *
 * @param size - number of elements.
 * @param unit - the head's unit.
 */
export function regressionScorer(size: number, unit: string): Scorer {
  const metric = (name: string, title: string, metricUnit: string, better: Metric["better"], of: Element): Metric => ({
    name,
    title,
    unit: metricUnit,
    better,
    value: (sums) => {
      let total = 0;
      for (let i = 0; i < size; i += 1) total += of((term) => sums[i * TERMS + term]!);
      return total / size;
    },
  });
  return {
    size: size * TERMS,
    add: (sums, truth, { mean, sigma }) => {
      for (let i = 0; i < size; i += 1) addElement(sums, i * TERMS, truth[i]!, mean[i]!, sigma[i]);
    },
    metrics: [
      metric("r2", "R²", "1", "higher", rSquared),
      metric("mae", "MAE", unit, "lower", (s) => s(ERROR) / s(COUNT)),
      metric("rmse", "RMSE", unit, "lower", (s) => Math.sqrt(s(ERROR_SQUARED) / s(COUNT))),
      metric("correlation", "correlation", "1", "higher", correlation),
      metric("same_sign", "same sign", "1", "higher", (s) => s(SAME_SIGN) / s(SIGNED)),
      metric("within_sigma", "within 1 σ (honest: 0.683)", "1", "target", (s) => s(WITHIN) / s(SIGMAS)),
      metric("nll", "negative log-likelihood", "nat", "lower", (s) => s(NEGATIVE_LOG) / s(SIGMAS)),
    ],
  };
}

type Element = (sum: (term: number) => number) => number;

function addElement(sums: Float64Array, at: number, t: number, y: number, sigma: number | undefined): void {
  const error = t - y;
  sums[at + COUNT]! += 1;
  sums[at + TRUTH]! += t;
  sums[at + TRUTH_SQUARED]! += t * t;
  sums[at + PREDICTION]! += y;
  sums[at + PREDICTION_SQUARED]! += y * y;
  sums[at + PRODUCT]! += t * y;
  sums[at + ERROR_SQUARED]! += error * error;
  sums[at + ERROR]! += Math.abs(error);
  sums[at + SIGNED]! += t === 0 ? 0 : 1;
  sums[at + SAME_SIGN]! += t !== 0 && Math.sign(t) === Math.sign(y) ? 1 : 0;
  if (sigma === undefined) return;
  sums[at + SIGMAS]! += 1;
  sums[at + WITHIN]! += Math.abs(error) <= sigma ? 1 : 0;
  sums[at + NEGATIVE_LOG]! += Math.log(sigma) + HALF_LOG_TWO_PI + 0.5 * (error / sigma) ** 2;
}

/** Sums of squares about the mean below this share of the raw sum are rounding. */
const ROUNDING = 1e-12;

const rSquared: Element = (s) => {
  const about = s(TRUTH_SQUARED) - s(TRUTH) ** 2 / s(COUNT);
  return about > ROUNDING * s(TRUTH_SQUARED) ? 1 - s(ERROR_SQUARED) / about : Number.NaN;
};

const correlation: Element = (s) => {
  const n = s(COUNT);
  const truths = s(TRUTH_SQUARED) - s(TRUTH) ** 2 / n;
  const predictions = s(PREDICTION_SQUARED) - s(PREDICTION) ** 2 / n;
  if (truths <= ROUNDING * s(TRUTH_SQUARED) || predictions <= ROUNDING * s(PREDICTION_SQUARED)) return Number.NaN;
  return (s(PRODUCT) - (s(TRUTH) * s(PREDICTION)) / n) / Math.sqrt(truths * predictions);
};
