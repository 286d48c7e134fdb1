import { type Clock, type Contract, PolypilotError } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import { loadBackend, type MultiTaskModel } from "@polypilot/mtl";
import { modelAnswerer } from "../evaluate/answerers.js";
import { type ScoredMetric, type Scores, scoreHeads } from "../evaluate/score-heads.js";
import { type Interval, pairedDifference, studentInterval } from "../statistics/index.js";
import { fitModel } from "../train/fit-model.js";
import { defaultSettings, type TrainProgress, type TrainSettings } from "../train/train-options.js";
import { hurtWarnings } from "./hurt-warnings.js";
import { singleTaskContract } from "./single-task-contract.js";

/** One way to train that is compared. */
export interface Column {
  readonly name: string;
  readonly contract: Contract;
}

export interface CompareOptions {
  readonly contract: Contract;
  /** Loaded with `contract`. */
  readonly demonstrations: Demonstrations;
  /** One run for each seed and column. */
  readonly seeds: readonly number[];
  /** By default the contract without its auxiliary heads, then with them. The first is what the others are held against. */
  readonly columns?: readonly Column[];
  /** Samples to learn from, to choose the epoch by (may be empty: the last epoch), and to compare on. */
  readonly split: {
    readonly train: readonly number[];
    readonly validation: readonly number[];
    readonly test: readonly number[];
  };
  readonly settings?: Partial<Omit<TrainSettings, "seed">>;
  readonly onProgress?:
    | ((at: { column: string; seed: number; run: number; runs: number }, progress: TrainProgress) => void)
    | undefined;
  /** Shows each trained model before it is disposed of. */
  readonly onModel?: (at: { column: string; seed: number }, model: MultiTaskModel, scores: Scores) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/** One column's runs. */
export interface ComparedColumn extends Column {
  /** In the order of the seeds. */
  readonly runs: readonly { readonly seed: number; readonly scores: Scores; readonly trainedSec: number }[];
}

/** One metric of a primary head over the seeds. */
export interface ComparedMetric {
  readonly head: string;
  readonly metric: Omit<ScoredMetric, "interval">;
  /** By column: each seed's value, and their mean with Student's interval. */
  readonly columns: readonly { readonly name: string; readonly values: readonly number[]; readonly mean: Interval }[];
  /** By column after the first: that column minus the first, over the same seeds. */
  readonly differences: readonly { readonly name: string; readonly interval: Interval }[];
}

export interface Comparison {
  readonly seeds: readonly number[];
  readonly settings: Omit<TrainSettings, "seed">;
  readonly columns: readonly ComparedColumn[];
  readonly metrics: readonly ComparedMetric[];
  /** Sentences about columns that are clearly worse than the first. */
  readonly warnings: readonly string[];
  readonly backend: string;
}

function check({ seeds, split }: CompareOptions): void {
  if (seeds.length > 0 && split.train.length > 0 && split.test.length > 0) return;
  throw new PolypilotError("TRAINING_COMPARE", ["training", "compare"], {
    expected: "at least one seed, and samples to learn from and to compare on",
    found: `${seeds.length} seeds, ${split.train.length} and ${split.test.length} samples`,
    todo: "Give all three",
  });
}

async function runOnce(
  options: CompareOptions,
  column: Column,
  settings: TrainSettings,
  onProgress?: (p: TrainProgress) => void,
) {
  const { demonstrations, split, signal, clock } = options;
  const { model, state } = await fitModel({
    contract: column.contract,
    demonstrations,
    settings,
    indices: split.train,
    validation: split.validation,
    signal,
    onProgress,
    ...(clock ? { clock } : {}),
  });
  try {
    const scores = await scoreHeads(modelAnswerer(model), { demonstrations, indices: split.test, seed: settings.seed });
    await options.onModel?.({ column: column.name, seed: settings.seed }, model, scores);
    return { seed: settings.seed, scores, trainedSec: state.trainedSec };
  } finally {
    model.dispose();
  }
}

/** The metrics of the heads that every column has. */
function comparedMetrics(columns: readonly ComparedColumn[]): ComparedMetric[] {
  const first = columns[0]!;
  const common = Object.keys(first.contract.heads).filter((head) => columns.every((c) => c.contract.heads[head]));
  return common.flatMap((head) =>
    first.runs[0]!.scores.heads[head]!.metrics.map(({ interval: _, ...metric }): ComparedMetric => {
      const values = (column: ComparedColumn) =>
        column.runs.map((r) => r.scores.heads[head]!.metrics.find((m) => m.name === metric.name)!.interval.estimate);
      const of = columns.map((c) => ({ name: c.name, values: values(c), mean: studentInterval(values(c)) }));
      const differences = of.slice(1).map(({ name, values: v }) => ({
        name,
        interval: pairedDifference(v, of[0]!.values, { seed: 0 }),
      }));
      return { head, metric, columns: of, differences };
    }),
  );
}

/**
 * Trains the same robot in several ways, for the same budget and seeds, and says what each is worth on samples that none saw.
 *
 * By default single-task (the primary heads only) beside multi-task (all heads). Runs of a seed start from the same weights where
 * they share parameters and see the same order of samples, so that differences are taken pair by pair.
 *
 * @throws PolypilotError `TRAINING_COMPARE` if there is no seed or no sample; what training throws.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  check(options);
  const { contract, seeds, signal } = options;
  const backend = await loadBackend();
  const columns: readonly Column[] = options.columns ?? [
    { name: "single-task", contract: singleTaskContract(contract) },
    { name: "multi-task", contract },
  ];
  const settings = { ...defaultSettings, ...options.settings };
  const runs = columns.map(() => [] as ComparedColumn["runs"][number][]);
  let run = 0;
  for (const seed of seeds) {
    for (const [i, column] of columns.entries()) {
      signal?.throwIfAborted();
      const at = { column: column.name, seed, run, runs: seeds.length * columns.length };
      runs[i]!.push(await runOnce(options, column, { ...settings, seed }, (p) => options.onProgress?.(at, p)));
      run += 1;
    }
  }
  signal?.throwIfAborted();
  const compared = columns.map((column, i) => ({ ...column, runs: runs[i]! }));
  const metrics = comparedMetrics(compared);
  const warnings = hurtWarnings(metrics, columns[0]!.name);
  return { seeds, settings, columns: compared, metrics, warnings, backend: backend.description };
}
