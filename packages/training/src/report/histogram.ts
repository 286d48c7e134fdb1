import type { TopLevelSpec } from "vega-lite";
import { renderChart } from "./render-chart.js";

export interface HistogramOptions {
  readonly title?: string;
  readonly x: string;
  readonly y?: string;
  readonly caption: string;
  /** One more edge than counts. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

/** Bars over intervals that were counted before. */
export function histogram(options: HistogramOptions): Promise<string> {
  const values = options.counts.map((count, i) => ({ low: options.edges[i], high: options.edges[i + 1], count }));
  const spec = {
    width: options.width ?? 440,
    height: options.height ?? 200,
    data: { values },
    mark: { type: "bar", color: "var(--s1)", binSpacing: 1 },
    encoding: {
      x: { field: "low", type: "quantitative", bin: { binned: true }, title: options.x },
      x2: { field: "high" },
      y: { field: "count", type: "quantitative", title: options.y ?? "samples" },
    },
  };
  return renderChart(spec as TopLevelSpec, { title: options.title, caption: options.caption });
}

/** Counts of values in equal intervals between their least and greatest, or in `range`. */
export function binned(
  values: ArrayLike<number>,
  bins: number,
  range?: readonly [number, number],
): { edges: number[]; counts: number[] } {
  let [low, high] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (!range) {
    for (let i = 0; i < values.length; i += 1) {
      low = Math.min(low, values[i]!);
      high = Math.max(high, values[i]!);
    }
  }
  if (!(high > low)) [low, high] = [low - 0.5, low + 0.5];
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i += 1) {
    const at = Math.floor(((values[i]! - low) / (high - low)) * bins);
    counts[Math.min(bins - 1, Math.max(0, at))]! += 1;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins), counts };
}
