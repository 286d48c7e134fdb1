import { type Nanoseconds, nsToMs } from "@polypilot/core";

const BINS_PER_MS = 10;
const BINS = 1000 * BINS_PER_MS;

/** Counts of durations in bins of 0.1 ms up to 1 s; its size does not grow. */
export interface LatencyHistogram {
  add(durationNs: Nanoseconds): void;
  readonly count: number;
  /**
   * The duration in ms, rounded up to 0.1 ms, that a fraction `q` of all stayed within; NaN if there is none, infinite if it is
   * over 1 s.
   */
  quantileMs(q: number): number;
}

/** An empty histogram. */
export function latencyHistogram(): LatencyHistogram {
  const bins = new Uint32Array(BINS + 1);
  let count = 0;
  return {
    add(durationNs) {
      const bin = Math.ceil(nsToMs(durationNs) * BINS_PER_MS) - 1;
      bins[Math.min(Math.max(bin, 0), BINS)]! += 1;
      count += 1;
    },
    get count() {
      return count;
    },
    quantileMs(q) {
      if (count === 0) return NaN;
      let left = Math.max(1, Math.ceil(q * count));
      for (let bin = 0; bin < BINS; bin += 1) {
        left -= bins[bin]!;
        if (left <= 0) return (bin + 1) / BINS_PER_MS;
      }
      return Infinity;
    },
  };
}
