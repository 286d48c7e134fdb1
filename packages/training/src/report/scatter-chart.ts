import type { TopLevelSpec } from "vega-lite";
import { renderChart, thinned } from "./render-chart.js";

export interface ScatterChartOptions {
  readonly title?: string;
  readonly x: string;
  readonly y: string;
  readonly caption: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Draws the line y = x: where every point would be if the prediction were right. */
  readonly diagonal?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** Points, with equal axes and a diagonal where truth is set against prediction. */
export function scatterChart(options: ScatterChartOptions): Promise<string> {
  const { diagonal = false, width = 300, height = 300 } = options;
  const points = thinned(options.points);
  const ends = points.flatMap((p) => [p.x, p.y]).filter(Number.isFinite);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const scale = diagonal && ends.length > 0 ? { domain: [low, high], nice: true } : { zero: false };
  const x = { field: "x", type: "quantitative" as const, title: options.x, scale };
  const y = { field: "y", type: "quantitative" as const, title: options.y, scale };
  const line = {
    data: {
      values: [
        { x: low, y: low },
        { x: high, y: high },
      ],
    },
    mark: { type: "line", color: "var(--soft)", strokeDash: [4, 4], strokeWidth: 1.2 },
    encoding: { x, y },
  };
  const spec = {
    width,
    height,
    layer: [
      ...(diagonal && ends.length > 0 ? [line] : []),
      {
        data: { values: [...points] },
        mark: { type: "circle", size: 14, opacity: 0.45, color: "var(--s1)" },
        encoding: { x, y },
      },
    ],
  };
  return renderChart(spec as TopLevelSpec, { title: options.title, caption: options.caption });
}
