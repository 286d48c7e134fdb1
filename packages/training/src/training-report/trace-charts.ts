import { nsToSec } from "@polypilot/core";
import type { Trace } from "../evaluate/score-heads.js";
import { lineChart, type Series } from "../report/line-chart.js";
import { row } from "../report/page.js";
import { scatterChart } from "../report/scatter-chart.js";

/** Gaps longer than this break the line: another episode, or time that was not recorded. */
const GAP_SEC = 1;
/** Longest stretch that is drawn: more would be too fine to see. */
const SHOWN_SEC = 120;

/** Seconds of driving for each sample, gaps taken out. */
function drivenSec(trace: Trace): number[] {
  let at = 0;
  return trace.stampNs.map((stamp, i) => {
    const since = i === 0 ? 0 : nsToSec(stamp - trace.stampNs[i - 1]!);
    at += since > 0 && since < GAP_SEC ? since : i === 0 ? 0 : GAP_SEC;
    return at;
  });
}

/** Puts a gap in a line where time jumps. */
function withGaps(points: Series["points"]): Series["points"] {
  return points.flatMap((p, i) =>
    i > 0 && p.x - points[i - 1]!.x >= GAP_SEC ? [{ x: p.x - GAP_SEC / 2, y: Number.NaN }, p] : [p],
  );
}

/** Truth and prediction with its σ band, up to `SHOWN_SEC`. */
function overTime(trace: Trace, time: readonly number[]): Series[] {
  const shown = time.filter((t) => t <= SHOWN_SEC);
  const predicted = shown.map((x, i) => {
    const y = trace.mean[i]!;
    const sigma = trace.sigma[i];
    return sigma === undefined ? { x, y } : { x, y, low: y - sigma, high: y + sigma };
  });
  const name = trace.sigma.length > 0 ? "prediction ± σ" : "prediction";
  return [
    { name: "truth", points: withGaps(shown.map((x, i) => ({ x, y: trace.truth[i]! }))), colour: 7 },
    { name, points: withGaps(predicted), colour: 0 },
  ];
}

/** Truth against prediction: over time with the σ band, and as points. */
export async function traceCharts(head: string, unit: string, trace: Trace): Promise<string[]> {
  const time = drivenSec(trace);
  const all = Math.round(time.at(-1) ?? 0);
  const rest = all > SHOWN_SEC ? ` The first ${SHOWN_SEC} s of ${all} s.` : "";
  const over = await lineChart({
    title: `${head} over time`,
    x: "time driven in s",
    y: `${head} in ${unit}`,
    caption: `Truth and prediction of ${head}.${rest} Gaps lie between episodes.`,
    series: overTime(trace, time),
    width: 920,
    height: 240,
  });
  const against = await scatterChart({
    title: `${head}: truth against prediction`,
    x: `truth in ${unit}`,
    y: `prediction in ${unit}`,
    caption: "Each point is a sample; on the dashed line the prediction is right.",
    points: trace.truth.map((x, i) => ({ x, y: trace.mean[i]! })),
    diagonal: true,
  });
  const error = await scatterChart({
    title: `${head}: error over truth`,
    x: `truth in ${unit}`,
    y: `prediction − truth in ${unit}`,
    caption: "What is left: a slope shows that sharp values are underestimated.",
    points: trace.truth.map((x, i) => ({ x, y: trace.mean[i]! - x })),
  });
  return [over, row([against, error])];
}
