import type { Config, TopLevelSpec } from "vega-lite";
import { escapeHtml } from "./escape.js";
import { legend } from "./legend.js";
import { seriesColours } from "./style.js";

const config: Config = {
  background: "transparent",
  aria: false, // the figure is labelled as one: a label on each point would only make the page large
  font: "sans-serif",
  view: { stroke: null },
  axis: {
    labelColor: "var(--soft)",
    titleColor: "var(--soft)",
    gridColor: "var(--grid)",
    domainColor: "var(--line)",
    tickColor: "var(--line)",
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    titlePadding: 8,
    tickCount: 6,
  },
  legend: { disable: true },
  range: { category: [...seriesColours] },
};

export interface ChartFrame {
  readonly title?: string | undefined;
  /** What there is to see: shown below, and read out in place of the drawing. */
  readonly caption: string;
  readonly legend?: readonly (readonly [colour: string, name: string])[];
}

/** Coordinates need no more than hundredths of a pixel. */
const coordinates = / (d|transform)="[^"]*"/g;

/** A chart as inline SVG in a figure. Vega is only loaded here, since it takes a moment. */
export async function renderChart(spec: TopLevelSpec, frame: ChartFrame): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import("vega"), import("vega-lite")]);
  const compiled = vegaLite.compile({ ...spec, config } as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  const label = escapeHtml(frame.caption);
  const title = frame.title ? `<p class="chart-title">${escapeHtml(frame.title)}</p>` : "";
  const key = frame.legend && frame.legend.length > 1 ? legend(frame.legend) : "";
  const shown = svg
    .replace("<svg ", '<svg aria-hidden="true" ')
    .replace(coordinates, (attribute) => attribute.replace(/(\.\d\d)\d+/g, "$1"));
  return `<figure class="chart">${title}${key}<div role="img" aria-label="${label}">${shown}</div><figcaption>${label}</figcaption></figure>`;
}

/** Fewer points than this are drawn as they are. */
const MOST_POINTS = 1500;

/** Every n-th of many points, so that a page stays small; the first and the last are kept. */
export function thinned<T>(points: readonly T[], most = MOST_POINTS): readonly T[] {
  if (points.length <= most) return points;
  return Array.from({ length: most }, (_, i) => points[Math.round((i * (points.length - 1)) / (most - 1))]!);
}
