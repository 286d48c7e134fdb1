import { formatInterval, formatNumber } from "../report/format.js";
import { lowerMedian } from "../statistics/median.js";
import type { ArchitecturesStudy, StudiedArchitecture } from "./architectures.js";

const arrow = { higher: "↑", lower: "↓", target: "" };

function tableOf(rows: readonly StudiedArchitecture[]): string[] {
  const heads = rows[0]!.scores.map(({ head, metric, better }) => `${head} ${metric} ${arrow[better]}`);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(["architecture", "parameters", "deployed", "time per step", ...heads]),
    line(["---", "---:", "---:", "---:", ...heads.map(() => "---")]),
    ...rows.map((row) =>
      line([
        `\`${row.architecture}\``,
        formatNumber(row.parameters),
        formatNumber(row.deployedParameters),
        `${lowerMedian(row.cost).toFixed(2)}×`,
        ...row.scores.map(({ mean }) => formatInterval(mean)),
      ]),
    ),
  ];
}

/** The study's tables as a page of the docs. */
export function architecturesMarkdown(study: ArchitecturesStudy): string {
  const counts = [...new Set(study.rows.map((row) => row.tasks))];
  const { steps, batchSize, seeds, samples, backend, command } = study;
  return [
    "# Sharing architectures, side by side",
    "",
    `<!-- Written by \`${command}\`. Do not edit. -->`,
    "",
    `Every architecture with its default options, trained for the same ${steps} steps of ${batchSize} samples (${formatNumber(samples.train)} samples of the simulator's expert, equal weighting), and measured on ${samples.test} samples of tracks that no net saw. Figures are means over ${seeds.length} seeds with 95 % intervals (Student's t); time per step is processor time over that of \`hard\` with as many tasks in the same run (median over seeds), operation by operation. A short budget: the table says what each costs and how it starts, not which is best when trained long.`,
    "",
    ...counts.flatMap((count) => [
      `## ${count} tasks`,
      "",
      ...tableOf(study.rows.filter((row) => row.tasks === count)),
      "",
    ]),
    `Backend: ${backend}. Made by \`${command}\`.`,
    "",
  ].join("\n");
}
