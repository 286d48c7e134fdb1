import type { Contract } from "@polypilot/core";
import type { Scores } from "../evaluate/score-heads.js";
import { formatNumber } from "../report/format.js";
import { matrix, table } from "../report/table.js";

/** One row for each metric of each head. */
export function metricTable(contract: Contract, scores: Scores): string {
  const rows = Object.entries(scores.heads).flatMap(([head, { metrics, labelled }]) =>
    metrics
      .filter((m) => !Number.isNaN(m.interval.estimate))
      .map((m, i) => [
        i === 0 ? head : "",
        i === 0 ? `${contract.heads[head]!.role}, ${formatNumber(labelled)} labels` : "",
        m.title,
        formatNumber(m.interval.estimate),
        Number.isNaN(m.interval.low) ? "–" : `${formatNumber(m.interval.low)} … ${formatNumber(m.interval.high)}`,
        m.unit === "1" ? "" : m.unit,
        { higher: "↑", lower: "↓", target: "" }[m.better],
      ]),
  );
  const { count, kind, blockSec } = scores.units;
  const units = kind === "episodes" ? `${count} episodes` : `${count} blocks of about ${formatNumber(blockSec)} s`;
  return table(
    ["head", "role", "metric", "value", "95 % interval", "unit", "better"],
    rows,
    `${formatNumber(scores.samples)} samples. Intervals: bootstrap (BCa) over ${units}.`,
  );
}

/** A confusion matrix for each head with classes. */
export function confusionMatrices(contract: Contract, scores: Scores): string[] {
  return Object.entries(scores.heads).flatMap(([name, { sums }]) => {
    const head = contract.heads[name]!;
    if (!("classes" in head)) return [];
    const what = head.kind === "segmentation" ? "pixels" : "samples";
    return [matrix(head.classes, sums, `${name}: ${what} by truth and prediction, as shares of the truth`)];
  });
}
