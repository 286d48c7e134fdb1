import { auxiliaryOf, nsToSec } from "@polypilot/core";
import { formatBytes, formatDuration, formatInterval, formatNumber } from "../report/format.js";
import { code, facts, page, paragraph, type Section, warning } from "../report/page.js";
import { table } from "../report/table.js";
import type { FinishedRun } from "../train/finish.js";
import { scoredOn } from "../train/scored-on.js";
import { dataParts } from "./data-parts.js";
import { frameStrip } from "./frame-strip.js";
import { lossCharts, weightCharts } from "./loss-charts.js";
import { modelParts } from "./model-parts.js";
import { relationParts } from "./relation-parts.js";
import { confusionMatrices, metricTable } from "./score-tables.js";
import { traceCharts } from "./trace-charts.js";
import { transferIntro, transferParts } from "./transfer-parts.js";

function lead({ demonstrations, scores, state, deployment, split }: FinishedRun): string {
  const primary = Object.entries(demonstrations.contract.heads).filter(([, head]) => head.role === "primary");
  const chief = primary.map(([name]): [string, string, string] => {
    const { title, interval, unit } = scores.heads[name]!.metrics[0]!;
    const range = formatInterval(interval).replace(/^\S+\s?/, "");
    return [`${title} of ${name}`, `${formatNumber(interval.estimate)}${unit === "1" ? "" : ` ${unit}`}`, range];
  });
  const minutes = demonstrations.episodes.reduce((sum, e) => sum + nsToSec(e.end - e.start), 0) / 60;
  const { deployed, full } = deployment;
  return facts([
    ...chief,
    [
      "Deployed epoch",
      String(state.snapshots.deployed.epoch + 1),
      `of ${state.history.length} in ${formatDuration(state.trainedSec)}`,
    ],
    [
      "Demonstrations",
      `${formatNumber(minutes)} min`,
      `${split.train.episodes.length} + ${split.validation.episodes.length} episodes`,
    ],
    ["Deployed model", formatBytes(deployed.bytes), `${formatBytes(full.bytes)} with auxiliary heads`],
    [
      "One prediction",
      `${formatNumber(deployed.milliseconds)} ms`,
      `${formatNumber(full.milliseconds)} ms with auxiliary heads`,
    ],
  ]);
}

function headTable({ demonstrations, state }: FinishedRun): string {
  const { deployed, best } = state.snapshots;
  const at = state.history[deployed.epoch];
  const rows = Object.entries(demonstrations.contract.heads).map(([name, head]) => [
    name,
    head.kind,
    head.role === "primary" ? "primary" : `auxiliary: ${auxiliaryOf(head)?.name}`,
    head.deploy ? "yes" : "no",
    best[name] ? String(best[name].epoch + 1) : "–",
    formatNumber(best[name]?.loss ?? Number.NaN),
    formatNumber(at?.validation[name] ?? Number.NaN),
  ]);
  return table(
    ["head", "kind", "role", "deployed", "best epoch", "its validation loss", `loss in epoch ${deployed.epoch + 1}`],
    rows,
    "Each head at its own best epoch, and at the epoch that is deployed: the primary heads' best.",
  );
}

function skippedWarning({ state }: FinishedRun): string[] {
  const skipped = state.history.reduce((sum, entry) => sum + entry.skipped, 0);
  return skipped > 0 ? [warning(`${skipped} steps were left out, since their gradient was not finite.`)] : [];
}

function runParts({ settings, versions, command, contractText }: FinishedRun): string[] {
  return [
    code(command),
    table(
      ["setting", "value"],
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === "object" ? JSON.stringify(value) : String(value),
      ]),
    ),
    table(["part", "version"], Object.entries(versions)),
    `<details><summary>Contract</summary>${code(contractText)}</details>`,
  ];
}

/** The way of learning, and what it was given. */
function learningParts({ learning }: FinishedRun): string[] {
  const { way, sentence, from, options, heads, earlierSamples } = learning;
  const words = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const named = typeof options === "object" && options !== null && !Array.isArray(options) ? options : {};
  const rows: [string, string][] = [
    ["way", way],
    ...(from === undefined ? [] : ([["from", from]] as [string, string][])),
    ...(heads ? ([["heads that were trained", heads.join(", ")]] as [string, string][]) : []),
    ...Object.entries(named).map(([name, value]): [string, string] => [name, words(value)]),
    ...(earlierSamples ? ([["earlier samples", earlierSamples.join(", ")]] as [string, string][]) : []),
  ];
  return [paragraph(`${sentence}.`), table(["option", "value"], rows)];
}

const usesOf = (split: FinishedRun["split"]) =>
  new Map([
    ...split.train.episodes.map((id) => [id, "training"] as const),
    ...split.validation.episodes.map((id) => [id, "validation"] as const),
  ]);

const heldBackNothing =
  "No episode was held back, so the figures below are on episodes that the model was trained on: they say nothing about others, and the last epoch is deployed unchosen. " +
  "Record more (20 episodes or more hold back a fifth by themselves) or train with --validation 0.2, and test on other drives: polypilot evaluate --checkpoint FOLDER --data OTHERS.";

/** What a reader must know before any figure, where it is not the plain way. */
const subtitleOf = ({ learning: { way, from } }: FinishedRun) =>
  way === "joint" ? "" : `${way}${from === undefined ? "" : ` from ${from}`}, `;

/** The report of a finished run: one page that needs nothing else. */
export async function trainingReport(run: FinishedRun): Promise<string> {
  const { demonstrations, scores, state, frames, split } = run;
  const { contract } = demonstrations;
  const traces: string[] = [];
  for (const [head, trace] of Object.entries(scores.traces))
    if (contract.heads[head]!.role === "primary" && trace.truth.length > 1)
      traces.push(...(await traceCharts(head, contract.heads[head]!.unit, trace)));
  const sections: Section[] = [
    {
      title: "Truth and prediction",
      intro:
        scoredOn(split) === "validation"
          ? "On the validation episodes, which were not trained on."
          : "On the training episodes: nothing was held back. A test on others is due.",
      parts: traces,
    },
    { title: "Alone and together", intro: transferIntro, parts: run.transfer ? transferParts(run.transfer) : [] },
    { title: "On frames", parts: frameStrip(demonstrations, frames) },
    { title: "Heads", parts: [headTable(run), metricTable(contract, scores), ...confusionMatrices(contract, scores)] },
    {
      title: "Losses",
      intro: "Training losses include dropout and augmentation; a ring marks each head's best epoch.",
      parts: [
        ...skippedWarning(run),
        await lossCharts(contract, state.history, state.snapshots.best),
        await weightCharts(contract, state.history),
      ],
    },
    {
      title: "Relations between the tasks",
      intro:
        "Measured on training batches, before the weighting. A negative number: what serves one task harms the other.",
      parts: await relationParts(state.history),
    },
    { title: "Way of learning", parts: learningParts(run) },
    { title: "Data", parts: await dataParts(demonstrations, usesOf(split)) },
    { title: "Model", parts: modelParts(run) },
    { title: "Run", parts: runParts(run) },
  ];
  return page(`Training of ${contract.robot.name}`, sections, {
    subtitle: `Multi-task learning with ${Object.keys(contract.heads).length} heads, ${subtitleOf(run)}seed ${run.settings.seed}`,
    lead: `${scoredOn(split) === "training" ? warning(heldBackNothing) : ""}${lead(run)}`,
  });
}
