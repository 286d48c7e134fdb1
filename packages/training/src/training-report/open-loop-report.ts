import { nsToSec } from "@polypilot/core";
import type { OpenLoopResult } from "../evaluate/evaluate-open-loop.js";
import { formatInterval, formatNumber } from "../report/format.js";
import { code, facts, page, type Section } from "../report/page.js";
import { table } from "../report/table.js";
import { dataParts } from "./data-parts.js";
import { frameStrip } from "./frame-strip.js";
import { confusionMatrices, metricTable } from "./score-tables.js";
import { traceCharts } from "./trace-charts.js";

/**
 * The report of an open-loop evaluation: one page that needs nothing else.
 *
 * @param command - what was typed.
 */
export async function openLoopReport(result: OpenLoopResult, command: string): Promise<string> {
  const { demonstrations, scores, frames, card, episodes } = result;
  const { contract } = demonstrations;
  const chief = Object.entries(scores.heads).map(([name, { metrics }]): [string, string, string] => {
    const { title, interval, unit } = metrics[0]!;
    const value = `${formatNumber(interval.estimate)}${unit === "1" ? "" : ` ${unit}`}`;
    return [`${title} of ${name}`, value, formatInterval(interval).replace(/^\S+\s?/, "")];
  });
  const traces: string[] = [];
  for (const [head, trace] of Object.entries(scores.traces))
    if (trace.truth.length > 1) traces.push(...(await traceCharts(head, contract.heads[head]!.unit, trace)));
  const seconds = demonstrations.episodes
    .filter((e) => episodes.includes(e.id))
    .reduce((sum, e) => sum + nsToSec(e.end - e.start), 0);
  const sections: Section[] = [
    { title: "On frames", parts: frameStrip(demonstrations, frames, Object.keys(scores.heads)) },
    { title: "Heads", parts: [metricTable(contract, scores), ...confusionMatrices(contract, scores)] },
    { title: "Truth and prediction", parts: traces },
    { title: "Data", parts: await dataParts(demonstrations, new Map(episodes.map((e) => [e, "evaluation"]))) },
    {
      title: "Run",
      parts: [
        code(command),
        table(
          ["", "value"],
          [
            ["checkpoint", result.checkpoint],
            ["made by", card.command],
            ["run on", result.runtime],
            ["time a sample", `${formatNumber(result.millisecondsPerSample)} ms`],
          ],
        ),
      ],
    },
  ];
  return page(`Open-loop evaluation of ${contract.robot.name}`, sections, {
    subtitle: `${formatNumber(scores.samples)} samples, ${formatNumber(seconds)} s of driving in ${episodes.length} episodes`,
    lead: facts(chief),
  });
}
