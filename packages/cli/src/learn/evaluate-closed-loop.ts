import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { facts, table as htmlTable, page } from "@polypilot/training";
import { shown } from "../repository.js";
import { table } from "../table.js";
import { duration, percent, readable } from "../units.js";
import { type Column, type ColumnsOptions, closedLoopColumns } from "./closed-loop-columns.js";
import { type Comparison, compare, measures } from "./compare.js";

/** A closed-loop evaluation. */
export interface ClosedLoopEvaluation {
  readonly kind: "closed-loop";
  readonly seconds: number;
  readonly seeds: readonly number[];
  readonly columns: readonly Column[];
  readonly comparisons: readonly Comparison[];
  readonly interrupted: boolean;
}

/** Drives every checkpoint on every track and compares them. */
export async function evaluateClosedLoop(options: ColumnsOptions): Promise<ClosedLoopEvaluation> {
  const columns = await closedLoopColumns(options);
  const interrupted = options.signal.aborted;
  return {
    kind: "closed-loop",
    seconds: options.seconds,
    seeds: options.seeds,
    columns,
    comparisons: interrupted ? [] : compare(columns, 0),
    interrupted,
  };
}

type Shown = Comparison["columns"][number];

const interval = ({ estimate, low, high }: Shown, factor: number) =>
  `${readable(estimate * factor)}${Number.isNaN(low) ? "" : ` [${readable(low * factor)}, ${readable(high * factor)}]`}`;

/** The table that is printed: one row a measure, one column a checkpoint, then differences from the first. */
function rows({ columns, comparisons }: ClosedLoopEvaluation, name: (column: Column) => string): string[][] {
  const head = [
    "",
    ...columns.map(name),
    ...columns.slice(1).map((column) => `${name(column)} − ${name(columns[0]!)}`),
  ];
  const body = comparisons.map((comparison) => {
    const { title, unit, factor } = measures.find(({ key }) => key === comparison.key)!;
    return [
      unit ? `${title} (${unit})` : title,
      ...comparison.columns.map((of) => interval(of, factor)),
      ...comparison.differences.flatMap((of) => (of ? [interval(of, factor)] : [])),
    ];
  });
  return [head, ...body];
}

/** The evaluation in words. */
export function closedLoopText(evaluation: ClosedLoopEvaluation): string {
  const { seeds, seconds, columns, interrupted } = evaluation;
  if (interrupted) return "Stopped before all tracks were driven; nothing is compared.";
  return [
    `${seeds.length} tracks (seeds ${seeds.join(", ")}), ${duration(seconds)} each, in virtual time. Means with 95 % intervals over tracks.`,
    "",
    table(rows(evaluation, ({ name }) => shown(name))),
    "",
    "Autonomy by track",
    table([
      ["seed", ...seeds.map(String)],
      ...columns.map(({ name, tracks }) => [shown(name), ...tracks.map(({ autonomy }) => percent(autonomy))]),
    ]),
  ].join("\n");
}

/** Writes evaluation.json and report.html into `folder`. Returns the report's path. */
export async function writeEvaluation(evaluation: ClosedLoopEvaluation, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "evaluation.json"), `${JSON.stringify(evaluation, null, 2)}\n`);
  const [head, ...body] = rows(evaluation, ({ name }) => name);
  const byTrack = evaluation.seeds.map((seed, i) => [
    String(seed),
    ...evaluation.columns.map(({ tracks }) => percent(tracks[i]?.autonomy ?? Number.NaN)),
  ]);
  const autonomy = evaluation.comparisons.find(({ key }) => key === "autonomy");
  const html = page(
    "Closed-loop evaluation",
    [
      { title: "Measures", intro: "Means over tracks with 95 % intervals.", parts: [htmlTable(head!, body)] },
      {
        title: "Autonomy by track",
        parts: [htmlTable(["seed", ...evaluation.columns.map(({ name }) => name)], byTrack)],
      },
    ],
    {
      subtitle: `${evaluation.seeds.length} tracks, ${duration(evaluation.seconds)} each`,
      lead: facts(
        evaluation.columns.map(({ name, runtime }, i) => [
          name,
          autonomy ? interval(autonomy.columns[i]!, 100) : "",
          runtime,
        ]),
      ),
    },
  );
  const path = join(folder, "report.html");
  await writeFile(path, html);
  return path;
}
