import { readFile, rm, writeFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import { type Clock, nsToSec } from "@polypilot/core";
import type { Demonstrations, Split } from "@polypilot/dataset";
import { type CardInput, type Json, type MultiTaskModel, writeCheckpoint } from "@polypilot/mtl";
import { modelAnswerer } from "../evaluate/answerers.js";
import { type ExampleFrame, exampleFrames } from "../evaluate/example-frames.js";
import { type Scores, scoreHeads } from "../evaluate/score-heads.js";
import type { Transfer } from "../relations/transfer.js";
import { trainingReport } from "../training-report/training-report.js";
import { compareDeployment, type Deployment } from "./deployment.js";
import type { Learning } from "./learning.js";
import type { RunState } from "./run-state.js";
import { scoredOn } from "./scored-on.js";
import type { TrainProgress, TrainSettings } from "./train-options.js";

/** All that a finished run knows of itself. */
export interface FinishedRun {
  readonly contractText: string;
  readonly demonstrations: Demonstrations;
  readonly split: Pick<Split, "train" | "validation">;
  readonly settings: TrainSettings;
  readonly state: RunState;
  /** On the validation episodes, at the deployed epoch. */
  readonly scores: Scores;
  readonly frames: readonly ExampleFrame[];
  readonly deployment: Deployment;
  readonly parameters: MultiTaskModel["parameters"];
  readonly command: string;
  readonly learning: Learning;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether the tasks helped each other, where that was examined. */
  readonly transfer?: Transfer;
}

export interface FinishInput
  extends Pick<
    FinishedRun,
    "contractText" | "demonstrations" | "split" | "settings" | "state" | "command" | "learning"
  > {
  /** Takes the deployed weights. */
  readonly model: MultiTaskModel;
  readonly out: string;
  readonly backend: string;
  readonly clock: Clock;
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
}

async function versionsOf(backend: string, runtime: string): Promise<Record<string, string>> {
  const file = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(file) as { version: string };
  const [cpu] = cpus();
  const machine = `${platform()} ${arch()}, ${cpus().length} × ${cpu?.model.trim() ?? "unknown processor"}`;
  return { polypilot: version, node: process.versions.node, training: backend, serving: runtime, machine };
}

function dataOf({ demonstrations, split, settings }: FinishInput): Json {
  const { episodes } = demonstrations;
  const minutes = episodes.reduce((sum, e) => sum + nsToSec(e.end - e.start), 0) / 60;
  return {
    recordings: [...new Set(episodes.map((e) => e.source.split("/").at(-1)!))],
    episodes: episodes.length,
    minutes: Number(minutes.toFixed(2)),
    samples: demonstrations.size,
    training: { episodes: split.train.episodes.length, samples: split.train.indices.length },
    validation: { episodes: [...split.validation.episodes], samples: split.validation.indices.length },
    labelled: { ...demonstrations.labelled },
    drops: { ...demonstrations.drops },
    settings: settings as unknown as Json,
  };
}

const finite = (value: number) => (Number.isFinite(value) ? value : null);

function metricsOf({ state, split }: FinishInput, scores: Scores, deployment: Deployment): Json {
  const heads = Object.entries(scores.heads).map(([head, { metrics, labelled }]) => {
    const best = state.snapshots.best[head];
    const values = metrics.map(({ name, unit, interval }) => [
      name,
      { value: finite(interval.estimate), low: finite(interval.low), high: finite(interval.high), unit },
    ]);
    return [
      head,
      {
        samples: labelled,
        bestEpoch: best ? best.epoch + 1 : null,
        bestLoss: best?.loss ?? null,
        ...Object.fromEntries(values),
      },
    ];
  });
  return {
    on: `${scoredOn(split)} episodes, at the deployed epoch`,
    intervals: `95 %, bootstrap (BCa) over ${scores.units.count} ${scores.units.kind}`,
    epochs: state.history.length,
    deployedEpoch: state.snapshots.deployed.epoch + 1,
    trainedSec: Number(state.trainedSec.toFixed(1)),
    heads: Object.fromEntries(heads) as Json,
    deployment: deployment as unknown as Json,
  };
}

/**
 * Makes the checkpoint and the report from a run whose training is over.
 *
 * The checkpoint is written twice: the first one, beside the run's state, is what the deployed model is compared and timed with;
 * the card of the second one tells the outcome.
 */
export async function finish(input: FinishInput): Promise<FinishedRun> {
  const { model, out, contractText, demonstrations, split, settings, state, command, learning } = input;
  const { clock, onProgress } = input;
  const tell = (what: string) => onProgress?.({ kind: "finish", what });
  model.setWeights(state.snapshots.weights.get(state.snapshots.deployed.epoch)!);
  tell(`scoring the ${scoredOn(split)} episodes`);
  const { indices } = scoredOn(split) === "validation" ? split.validation : split.train;
  const scores = await scoreHeads(modelAnswerer(model), { demonstrations, indices, seed: settings.seed });
  const frames = await exampleFrames(modelAnswerer(model), demonstrations, indices, 8);
  tell("exporting, and comparing the deployed model with the full one");
  const draft = join(out, ".state", "draft");
  const said = { command, learning: learning as unknown as Json };
  const common = { ...said, seed: settings.seed, data: dataOf(input) } satisfies Partial<CardInput>;
  const first = await writeCheckpoint(draft, { model, contractText, card: { ...common, metrics: null, versions: {} } });
  const deployment = await compareDeployment(model, draft, first, demonstrations, indices, clock);
  const versions = await versionsOf(input.backend, deployment.runtime);
  const card: CardInput = { ...common, metrics: metricsOf(input, scores, deployment), versions };
  await writeCheckpoint(out, { model, contractText, card });
  await rm(draft, { recursive: true, force: true });
  tell("drawing the report");
  const { parameters } = model;
  const run = {
    contractText,
    demonstrations,
    split,
    settings,
    state,
    scores,
    frames,
    deployment,
    parameters,
    command,
    learning,
    versions,
  };
  await writeFile(join(out, "report.html"), await trainingReport(run));
  return run;
}
