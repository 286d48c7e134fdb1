import type { TopLevelSpec } from "vega-lite";
import { renderChart, thinned } from "./render-chart.js";
import { seriesColours } from "./style.js";

export interface Series {
  readonly name: string;
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    /** A band about the line, for example mean ± σ. */
    readonly low?: number;
    readonly high?: number;
  }[];
  readonly dashed?: boolean;
  /** Number of its colour; by default its place in the list. */
  readonly colour?: number;
}

export interface LineChartOptions {
  readonly title?: string;
  readonly x: string;
  readonly y: string;
  /** Shown below, and read out in place of the drawing. */
  readonly caption: string;
  readonly series: readonly Series[];
  /** Places to point at, such as the best epoch. */
  readonly marks?: readonly { readonly x: number; readonly y: number; readonly label: string }[];
  readonly logarithmic?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** The finite points, each with the number of the unbroken part it belongs to. */
function inParts(points: Series["points"]): (Series["points"][number] & { readonly part: number })[] {
  let part = 0;
  return points.flatMap((point) => {
    if (Number.isFinite(point.y)) return [{ ...point, part }];
    part += 1;
    return [];
  });
}

const dashes = {
  domain: [false, true],
  range: [
    [1, 0],
    [5, 4],
  ],
};

/** Bands, lines and marks over common axes. */
function layersOf(
  { series, marks = [], x: xTitle, y: yTitle, logarithmic }: LineChartOptions,
  range: string[],
): object[] {
  const values = series.flatMap((s) =>
    inParts(thinned(s.points)).map((p) => ({ ...p, series: s.name, dashed: !!s.dashed })),
  );
  const x = { field: "x", type: "quantitative", title: xTitle, scale: { zero: false, nice: false } };
  const y = {
    ...{ field: "y", type: "quantitative", title: yTitle },
    scale: logarithmic ? { type: "log" } : { zero: false },
  };
  const color = { field: "series", type: "nominal", scale: { domain: series.map((s) => s.name), range } };
  const detail = { field: "part" };
  return [
    {
      data: { values: values.filter((v) => v.low !== undefined) },
      mark: { type: "area", opacity: 0.18 },
      encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color, detail },
    },
    {
      data: { values },
      mark: { type: "line", strokeWidth: 1.8 },
      encoding: { x, y, color, detail, strokeDash: { field: "dashed", type: "nominal", scale: dashes } },
    },
    ...markLayers(marks, x, y),
  ];
}

/** Lines over a common axis, each with an optional band; points that are not finite leave a gap. */
export function lineChart(options: LineChartOptions): Promise<string> {
  const { series, width = 440, height = 220, title, caption } = options;
  const range = series.map((s, i) => seriesColours[(s.colour ?? i) % seriesColours.length]!);
  const spec = { width, height, layer: layersOf(options, range) };
  const legend = series.map((s, i) => [range[i]!, s.name] as const);
  return renderChart(spec as TopLevelSpec, { title, caption, legend });
}

function markLayers(marks: NonNullable<LineChartOptions["marks"]>, x: object, y: object): object[] {
  if (marks.length === 0) return [];
  const data = { values: [...marks] };
  return [
    {
      data,
      mark: { type: "point", size: 70, filled: false, color: "var(--ink)", strokeWidth: 1.6 },
      encoding: { x, y },
    },
    {
      data,
      mark: { type: "text", dy: -12, fontSize: 12, color: "var(--ink)" },
      encoding: { x, y, text: { field: "label", type: "nominal" } },
    },
  ];
}
