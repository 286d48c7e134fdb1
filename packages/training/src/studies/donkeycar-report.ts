import { nsToSec } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import type { ComparedMetric } from "../compare/compare.js";
import { comparisonParts } from "../compare/compare-report.js";
import { formatInterval, formatNumber } from "../report/format.js";
import { lineChart } from "../report/line-chart.js";
import { facts, page, paragraph, type Section } from "../report/page.js";
import { table } from "../report/table.js";
import { frameStrip } from "../training-report/frame-strip.js";
import { traceCharts } from "../training-report/trace-charts.js";
import type { DonkeycarStudy } from "./donkeycar.js";

/** Truth, both nets of the first seed and ridge over the test frames. */
async function courses({ comparison, ridge }: DonkeycarStudy, head: string): Promise<string> {
  const first = comparison.columns[0]!.runs[0]!.scores.traces[head]!;
  const start = first.stampNs[0]!;
  const line = (name: string, values: readonly number[], colour: number, dashed = false) => ({
    ...{ name, colour, dashed },
    points: first.stampNs.map((stamp, i) => ({ x: nsToSec(stamp - start), y: values[i]! })),
  });
  return lineChart({
    x: "time in s",
    y: "steering in rad, left positive",
    caption:
      "The last fifth of the drive: what the person steered, what the nets of the first seed and ridge regression predict.",
    series: [
      line("driven", first.truth, 7),
      ...comparison.columns.map(({ name, runs }, i) => line(name, runs[0]!.scores.traces[head]!.mean, i)),
      line("ridge", ridge.predictions, 2, true),
    ],
    width: 920,
    height: 260,
  });
}

function leadOf(study: DonkeycarStudy, r2: ComparedMetric): string {
  const columns = r2.columns.map(({ name, mean }): [string, string, string] => [
    `R², ${name}`,
    formatNumber(mean.estimate),
    formatInterval(mean).replace(/^\S+\s?/, ""),
  ]);
  return facts([
    ...columns,
    ["R², ridge on pixels", formatNumber(study.ridge.r2), `λ = ${formatNumber(study.ridge.lambda)}`],
    ["Frames", formatNumber(study.frames.test), `after training on ${study.frames.train}`],
  ]);
}

function ridgeParts({ ridge, overRidge, comparison }: DonkeycarStudy, r2: ComparedMetric): string[] {
  const rows = r2.columns.map(({ name, values }, i) => [
    name,
    formatNumber(Math.min(...values)),
    `${values.filter((v) => v > ridge.r2).length} of ${comparison.seeds.length}`,
    `${formatNumber(overRidge[i]!.interval.estimate)} [${formatNumber(overRidge[i]!.interval.low)}, ${formatNumber(overRidge[i]!.interval.high)}]`,
  ]);
  return [
    table(
      ["column", "worst seed's R²", "seeds above ridge", "ridge's squared error − column's, rad²"],
      rows,
      `Ridge regression on standardised 32×20 colour pixels, λ chosen inside the training part: R² ${formatNumber(ridge.r2)}, MAE ${formatNumber(ridge.mae)} rad. The last column is paired by ${overRidge[0]!.interval.units} blocks of a second, over all seeds: above 0, the net is better.`,
    ),
  ];
}

/** The study as one page. */
export async function donkeycarReport(study: DonkeycarStudy, demonstrations: Demonstrations): Promise<string> {
  const { comparison, shown } = study;
  const { contract } = demonstrations;
  const head = contract.command.steering.head;
  const r2 = comparison.metrics.find((m) => m.head === head && m.metric.name === "r2")!;
  const last = comparison.columns.at(-1)!;
  const trace = last.runs[0]!.scores.traces[head]!;
  const settings = Object.entries(comparison.settings).map(([name, value]) => [
    name,
    typeof value === "object" ? JSON.stringify(value) : String(value),
  ]);
  const sections: Section[] = [
    {
      title: "Driven and predicted",
      intro: `Frames of the last fifth of the drive, which no model saw, with the ${last.name} net of the first seed.`,
      parts: [...frameStrip(demonstrations, shown), await courses(study, head)],
    },
    { title: "Single-task and multi-task", parts: comparisonParts(comparison) },
    { title: "Against ridge regression", parts: ridgeParts(study, r2) },
    { title: `The ${last.name} net`, parts: await traceCharts(head, contract.heads[head]!.unit, trace) },
    {
      title: "Method",
      parts: [
        paragraph(
          "One drive of a real car, in order of time: models learn from the first 80 % and are tested on the last 20 %. How to train was chosen by fitting on the first four fifths of the training part and validating on its last fifth; then each net was trained for that fixed number of epochs on all of the training part. The test frames chose nothing. The camera passes the same track in training and test: this shows prediction on later laps, not on another track.",
        ),
        table(["setting", "value"], settings),
        paragraph(comparison.backend),
      ],
    },
  ];
  return page("Steering on a real car's frames", sections, {
    subtitle: `Donkeycar, ${comparison.seeds.length} seeds, single-task beside multi-task`,
    lead: leadOf(study, r2),
  });
}
