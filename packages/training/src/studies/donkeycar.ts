import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, PolypilotError, parseContract } from "@polypilot/core";
import { type Demonstrations, loadDemonstrations } from "@polypilot/dataset";
import { type Comparison, compare } from "../compare/compare.js";
import { modelAnswerer } from "../evaluate/answerers.js";
import { type ExampleFrame, exampleFrames } from "../evaluate/example-frames.js";
import { metricOf, type Scores } from "../evaluate/score-heads.js";
import { chosenSamples } from "../evaluate/selection.js";
import { unitsOf } from "../evaluate/units.js";
import { type Interval, pairedDifference } from "../statistics/index.js";
import { defaultSettings, type TrainProgress, type TrainSettings } from "../train/train-options.js";
import { donkeycarReport } from "./donkeycar-report.js";
import { type Baseline, ridgeBaseline } from "./ridge-baseline.js";

/**
 * How the nets of this study are trained.
 *
 * Chosen by validation inside the first 80 %: fitted on frames 0 to 639, compared on frames 640 to 799, two seeds each. The last
 * 20 % had no say.
 */
export const donkeycarSettings: Omit<TrainSettings, "seed"> = {
  ...defaultSettings,
  epochs: 40,
  batchSize: 32,
  warmUpEpochs: 2,
  augmentation: { brightness: 0.3, contrast: 0.2, shiftX: 3, shiftY: 2 },
};

export interface DonkeycarStudyOptions {
  /** Recording that `importTub` made: one drive, cut into contiguous episodes. */
  readonly recording: string;
  readonly contractText: string;
  readonly contractName?: string;
  /** Folder for `report.html` and `study.json`; made if it is not there, overwritten if it is. */
  readonly out: string;
  readonly seeds?: readonly number[];
  readonly settings?: Partial<Omit<TrainSettings, "seed">>;
  readonly onProgress?: (
    at: { readonly column: string; readonly seed: number; readonly run: number; readonly runs: number },
    progress: TrainProgress,
  ) => void;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** What the study found, on frames that none of the models saw. */
export interface DonkeycarStudy {
  readonly frames: { readonly train: number; readonly test: number };
  readonly ridge: Baseline;
  readonly comparison: Comparison;
  /** By column: ridge's squared error minus the column's (mean over seeds), paired by blocks of time; above 0 is better. */
  readonly overRidge: readonly { readonly column: string; readonly interval: Interval }[];
  /** Predicted by the first seed's model of the last column. */
  readonly shown: readonly ExampleFrame[];
  readonly report: string;
}

const SIZE = { width: 32, height: 20 };
const TEST_SHARE = 0.2;

function timeSplit(demonstrations: Demonstrations, head: string) {
  const labelled = (indices: readonly number[]) => indices.filter((i) => demonstrations.label(head, i));
  const test = chosenSamples(demonstrations, { lastShare: TEST_SHARE });
  const outside = new Set(test.episodes);
  const rest = demonstrations.episodes.filter((e) => !outside.has(e.id)).map((e) => e.id);
  if (rest.length === 0) {
    throw new PolypilotError("TRAINING_SPLIT", ["training", "donkeycar study"], {
      expected: "at least two episodes in order of time",
      found: String(demonstrations.episodes.length),
      todo: "Import the tub with more episodes",
    });
  }
  const train = labelled(chosenSamples(demonstrations, { episodes: rest }).indices);
  const cut = Math.round(train.length * (1 - TEST_SHARE));
  return { train, test: labelled(test.indices), inner: train.slice(0, cut), innerValidation: train.slice(cut) };
}

/** Squared errors by block: ridge's minus the mean of a column's runs. */
function overRidge(
  demonstrations: Demonstrations,
  test: readonly number[],
  ridge: Baseline,
  runs: readonly Scores[],
  head: string,
): Interval {
  const { of, count } = unitsOf(demonstrations, test);
  const sums = Array.from({ length: count }, () => ({ n: 0, ridge: 0, net: 0 }));
  test.forEach((index, i) => {
    const block = sums[of.get(index)!]!;
    const truth = ridge.truths[i]!;
    block.n += 1;
    block.ridge += (ridge.predictions[i]! - truth) ** 2;
    for (const { traces } of runs) block.net += (traces[head]!.mean[i]! - truth) ** 2 / runs.length;
  });
  const means = (of2: "ridge" | "net") => sums.map((s) => s[of2] / s.n);
  return pairedDifference(means("ridge"), means("net"), { seed: 0 });
}

/**
 * A real car's drive: trains on the first 80 % by time and predicts the steering of the last 20 %, single-task beside multi-task
 * (reconstruction and next frame), over several seeds, and holds both against ridge regression on pixels.
 *
 * Each net is trained for a fixed number of epochs on all of the first 80 %: nothing is chosen by the test frames.
 *
 * @throws PolypilotError what loading the recording, the contract and training throw.
 */
export async function donkeycarStudy(options: DonkeycarStudyOptions): Promise<DonkeycarStudy> {
  const { recording, contractText, contractName = "donkeycar.yaml", out, seeds = [1, 2, 3, 4, 5] } = options;
  const contract = parseContract(contractText, contractName);
  const demonstrations = await loadDemonstrations({ paths: [recording], contract });
  const head = contract.command.steering.head;
  const { train, test, inner, innerValidation } = timeSplit(demonstrations, head);
  const stream = contract.reference;
  const ridge = ridgeBaseline({
    demonstrations,
    stream,
    head,
    ...SIZE,
    train: inner,
    validation: innerValidation,
    test,
  });
  let shown: readonly ExampleFrame[] = [];
  const given = { onProgress: options.onProgress, signal: options.signal, clock: options.clock };
  const comparison = await compare({
    ...{ contract, demonstrations, seeds, ...given },
    split: { train, validation: [], test },
    settings: { ...donkeycarSettings, ...options.settings },
    onModel: async ({ seed }, model) => {
      if (seed === seeds[0]) shown = await exampleFrames(modelAnswerer(model), demonstrations, test, 12);
    },
  });
  const over = comparison.columns.map(({ name, runs }) => {
    const scores = runs.map((r) => r.scores);
    return { column: name, interval: overRidge(demonstrations, test, ridge, scores, head) };
  });
  const frames = { train: train.length, test: test.length };
  const study = { frames, ridge, comparison, overRidge: over, shown, report: join(out, "report.html") };
  await mkdir(out, { recursive: true });
  await writeFile(study.report, await donkeycarReport(study, demonstrations));
  await writeFile(join(out, "study.json"), `${JSON.stringify(summary(study, head), null, 2)}\n`);
  return study;
}

/** The study's figures without frames and traces. */
function summary({ frames, ridge, comparison, overRidge: over }: DonkeycarStudy, head: string) {
  const columns = comparison.columns.map(({ name, runs }) => ({
    name,
    r2: runs.map(({ seed, scores }) => ({ seed, r2: metricOf(scores, head, "r2") })),
  }));
  const { seeds, settings, metrics, warnings, backend } = comparison;
  const { lambda, r2, mae } = ridge;
  return { frames, ridge: { lambda, r2, mae }, seeds, settings, columns, metrics, overRidge: over, warnings, backend };
}
