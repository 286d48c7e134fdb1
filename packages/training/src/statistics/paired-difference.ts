import { PolypilotError } from "@polypilot/core";
import { bootstrapInterval } from "./bootstrap-interval.js";
import type { Interval } from "./interval.js";
import { studentInterval } from "./student-interval.js";

export interface PairedOptions {
  readonly seed: number;
  readonly level?: number;
  readonly resamples?: number;
  /** `student-t` for a handful of pairs whose differences are about normal; a bootstrap for more. By default chosen by that. */
  readonly method?: Interval["method"];
}

/** Pairs below which a bootstrap's coverage falls clearly short. */
const FEW = 10;

/**
 * The mean of a − b over pairs, with its interval: what changes for the same seed, track or episode when b becomes a.
 *
 * Pairing takes out what both columns share (an easy track, a lucky start), so that a small difference shows in few pairs.
 *
 * @param a - [n]; one value for each unit.
 * @param b - [n]; the other column's values for the same units in the same order.
 * @throws PolypilotError `TRAINING_STATISTICS` if the columns differ in length or are empty.
 */
export function pairedDifference(a: readonly number[], b: readonly number[], options: PairedOptions): Interval {
  if (a.length !== b.length || a.length === 0) {
    throw new PolypilotError("TRAINING_STATISTICS", ["training", "pairedDifference"], {
      expected: "both columns have one value for each unit",
      found: `${a.length} and ${b.length} values`,
      todo: "Give both columns the same units in the same order",
    });
  }
  const { seed, level = 0.95, resamples = 2000 } = options;
  const method = options.method ?? (a.length < FEW ? "student-t" : "bca");
  const differences = a.map((value, i) => value - b[i]!);
  if (method === "student-t") return studentInterval(differences, level);
  const statistic = (values: readonly number[]) => values.reduce((x, y) => x + y, 0) / values.length;
  return bootstrapInterval(differences, { statistic, seed, level, resamples, method });
}
