/** An estimate with an interval that holds the true value with probability `level`, if the units are independent. */
export interface Interval {
  readonly estimate: number;
  /** NaN where fewer than two units were given: one unit says nothing about spread. */
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly method: "percentile" | "basic" | "bca" | "student-t";
  /** Number of independent units (episodes, blocks of time, seeds) behind the estimate. */
  readonly units: number;
}
