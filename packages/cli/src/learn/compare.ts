import type { Interval } from "@polypilot/training";
import { bootstrapInterval, pairedDifference } from "@polypilot/training";
import type { Column, TrackResult } from "./closed-loop-columns.js";

/** What is compared, in words, with its factor for showing. */
export const measures = [
  { key: "autonomy", title: "autonomy", unit: "%", factor: 100 },
  { key: "interventions", title: "interventions a track", unit: "", factor: 1 },
  { key: "lateralMeanM", title: "off the lane's middle, mean", unit: "cm", factor: 100 },
  { key: "lateralRmsM", title: "off the lane's middle, rms", unit: "cm", factor: 100 },
  { key: "steeringRateRms", title: "steering rate, rms", unit: "rad/s", factor: 1 },
  { key: "lateralJerkRms", title: "lateral jerk, rms", unit: "m/s³", factor: 1 },
  { key: "meanSpeedMps", title: "speed, mean", unit: "m/s", factor: 1 },
] as const;

export type MeasureKey = (typeof measures)[number]["key"];

/** A measure over the tracks of each column, and each column against the first, track by track. */
export interface Comparison {
  readonly key: MeasureKey;
  readonly columns: readonly Interval[];
  /** This column less the first; undefined for the first. */
  readonly differences: readonly (Interval | undefined)[];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Means over tracks with bootstrap intervals, and paired differences from the first column.
 *
 * @param columns - all with the same tracks in the same order.
 */
export function compare(columns: readonly Column[], seed: number): readonly Comparison[] {
  return measures.map(({ key }) => {
    const values = columns.map(({ tracks }) => tracks.map((track: TrackResult) => track[key]));
    return {
      key,
      columns: values.map((of) => bootstrapInterval(of, { statistic: mean, seed })),
      differences: values.map((of, i) => (i === 0 ? undefined : pairedDifference(of, values[0]!, { seed }))),
    };
  });
}
