import { PolypilotError, random } from "@polypilot/core";
import type { Interval } from "./interval.js";
import { normalCdf, normalQuantile } from "./normal.js";

export interface BootstrapOptions<T> {
  /** What is estimated, from the values or from any resample of them. */
  readonly statistic: (values: readonly T[]) => number;
  readonly seed: number;
  /** Probability with which the interval should hold the truth. */
  readonly level?: number;
  readonly resamples?: number;
  readonly method?: "percentile" | "basic" | "bca";
}

/**
 * A statistic with its bootstrap interval: how far it would move if other units had been drawn.
 *
 * Resamples the values with replacement, as many as there are, and looks at the spread of the statistic over the resamples.
 * `percentile` takes the spread's own quantiles; `basic` mirrors them at the estimate; `bca` (the default) shifts and
 * stretches them by the resamples' bias z₀ and the jackknife's acceleration a:
 * α′ = Φ(z₀ + (z₀ + z_α) / (1 − a·(z₀ + z_α))).
 *
 * The values must be independent units: episodes, seeds, blocks of time; never the neighbouring frames of one drive.
 *
 * @param values - one for each unit, in any form the statistic reads.
 * @returns the same for the same seed; NaN bounds for fewer than two values.
 * @throws PolypilotError `TRAINING_STATISTICS` if there is no value, or the level is not inside (0, 1).
 * @see Efron 1987, Better Bootstrap Confidence Intervals, JASA 82(397).
 * @see Davison and Hinkley 1997, Bootstrap Methods and their Application, chapter 5 (basic, percentile, adjusted percentile).
 */
export function bootstrapInterval<T>(values: readonly T[], options: BootstrapOptions<T>): Interval {
  const { statistic, seed, level = 0.95, resamples = 2000, method = "bca" } = options;
  check(values.length, level, resamples);
  const estimate = statistic(values);
  if (values.length < 2) return { estimate, low: Number.NaN, high: Number.NaN, level, method, units: values.length };
  const spread = resampled(values, statistic, seed, resamples);
  const tail = (1 - level) / 2;
  const bounds = { percentile, basic, bca }[method]({ values, statistic, estimate, spread }, tail);
  return { estimate, low: bounds[0], high: bounds[1], level, method, units: values.length };
}

interface Case<T> {
  readonly values: readonly T[];
  readonly statistic: (values: readonly T[]) => number;
  readonly estimate: number;
  /** The statistic over the resamples, sorted; without those for which it is undefined. */
  readonly spread: Float64Array;
}

function check(count: number, level: number, resamples: number): void {
  if (count > 0 && level > 0 && level < 1 && resamples >= 10) return;
  throw new PolypilotError("TRAINING_STATISTICS", ["training", "bootstrapInterval"], {
    expected: "there are values, the level lies inside (0, 1) and there are at least 10 resamples",
    found: `${count} values, level ${level}, ${resamples} resamples`,
    todo: "Correct the call",
  });
}

function resampled<T>(values: readonly T[], statistic: Case<T>["statistic"], seed: number, count: number) {
  const source = random(seed).fork("bootstrap");
  const draw: T[] = new Array(values.length);
  const out = new Float64Array(count);
  for (let r = 0; r < count; r += 1) {
    for (let i = 0; i < draw.length; i += 1) draw[i] = values[source.integer(values.length)]!;
    out[r] = statistic(draw);
  }
  return out.filter((v) => !Number.isNaN(v)).sort();
}

/** The p-quantile of sorted numbers, interpolated between neighbours (type 7 of Hyndman and Fan). */
export function quantile(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = Math.min(Math.max(p, 0), 1) * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (at - below) * (high - low);
}

const percentile = <T>({ spread }: Case<T>, tail: number): [number, number] => [
  quantile(spread, tail),
  quantile(spread, 1 - tail),
];

function basic<T>(all: Case<T>, tail: number): [number, number] {
  const [low, high] = percentile(all, tail);
  return [2 * all.estimate - high, 2 * all.estimate - low];
}

function bca<T>(all: Case<T>, tail: number): [number, number] {
  const { spread, estimate } = all;
  let below = 0;
  for (const v of spread) below += v < estimate ? 1 : v === estimate ? 0.5 : 0; // ties count half: discrete statistics
  const bias = normalQuantile(below / spread.length);
  const stretch = acceleration(all);
  if (!Number.isFinite(bias) || !Number.isFinite(stretch)) return percentile(all, tail);
  const adjusted = (p: number) => {
    const z = bias + normalQuantile(p);
    return quantile(spread, normalCdf(bias + z / (1 - stretch * z)));
  };
  return [adjusted(tail), adjusted(1 - tail)];
}

/** Σ(m − t₋ᵢ)³ / (6 · (Σ(m − t₋ᵢ)²)^1.5), with t₋ᵢ the statistic without value i and m their mean. */
function acceleration<T>({ values, statistic }: Case<T>): number {
  const without = values.map((_, i) => statistic(values.filter((_, j) => j !== i)));
  const mean = without.reduce((a, b) => a + b, 0) / without.length;
  const squares = without.reduce((sum, t) => sum + (mean - t) ** 2, 0);
  if (squares === 0) return 0;
  return without.reduce((sum, t) => sum + (mean - t) ** 3, 0) / (6 * squares ** 1.5);
}
