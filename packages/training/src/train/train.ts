import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { wallClock } from "@polypilot/core";
import { checkContract, loadBackend } from "@polypilot/mtl";
import type { Scores } from "../evaluate/score-heads.js";
import { examineTransfer, type Transfer, type TransferInput } from "../relations/transfer.js";
import { trainingReport } from "../training-report/training-report.js";
import { begin, originOf } from "./begin.js";
import { cameraAugment } from "./camera-augment.js";
import { createTrainee } from "./create-trainee.js";
import type { Deployment } from "./deployment.js";
import { type FinishInput, finish } from "./finish.js";
import type { HistoryEntry } from "./history.js";
import { type Learning, learningOf } from "./learning.js";
import { checkLabels, demonstrationsOf, settingsOf, splitOf } from "./prepare.js";
import { runEpochs } from "./run-epochs.js";
import { identityOf, openRunFolder } from "./run-folder.js";
import type { RunState } from "./run-state.js";
import { scoredOn } from "./scored-on.js";
import type { Snapshots } from "./snapshots.js";
import type { TrainOptions, TrainSettings } from "./train-options.js";

/** What a run came to. */
export type TrainResult = {
  readonly out: string;
  readonly settings: TrainSettings;
  readonly history: readonly HistoryEntry[];
  /** Best epoch of each head, from 0. */
  readonly best: Snapshots["best"];
} & (
  | {
      readonly status: "finished";
      /** Why training ended: all epochs done, or no better primary head for `patience` epochs. */
      readonly ended: "epochs" | "patience";
      readonly deployedEpoch: number;
      readonly trainedSec: number;
      /** By which way of learning. */
      readonly learning: Learning;
      /** At the deployed epoch, on the validation episodes; on the training episodes where nothing validated. */
      readonly scores: Scores;
      readonly scoredOn: "validation" | "training";
      readonly deployment: Deployment;
      /** Whether the other tasks help or hurt the primary ones; null where that was not asked for, or nothing could tell. */
      readonly transfer: Transfer | null;
      /** Path of the report. */
      readonly report: string;
    }
  | {
      /** The signal came: `resume` goes on. */
      readonly status: "interrupted";
      readonly epoch: number;
    }
);

/**
 * Learns from demonstrations all that the contract's heads say, and makes `out` a checkpoint with a report.
 *
 * Splits by episode; every epoch takes one step a batch down the heads' losses as the contract's weighting weighs them, then
 * validates. Each head's best epoch is kept as a snapshot (Caruana's early stopping by task); the checkpoint is the snapshot at
 * the primary heads' best, without the auxiliary heads where it is deployed, and its card proves that they change no bit of it.
 *
 * The same contract, recordings and settings give the same weights on one machine, whether the run was stopped and resumed or not.
 * Its state is in `out/.state`, written after every epoch.
 *
 * @throws PolypilotError `TRAINING_LABELS` for a head without label; `TRAINING_FOLDER` if `out` holds something else or the run to
 *   resume was begun otherwise; `TRAINING_OPTION`; `TRAINING_SPLIT`; `TRAINING_DIVERGED` naming head and step; and what loading
 *   the demonstrations, the contract's names (`MTL_…`) or the backend (`MTL_BACKEND`) may throw.
 * @see Caruana 1997, Multitask Learning.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { contract, contractText, out, resume = false, onProgress, signal, clock = wallClock() } = options;
  const settings = settingsOf(options);
  checkContract(contract);
  const demonstrations = await demonstrationsOf(options);
  const split = splitOf(demonstrations, options, settings);
  checkLabels(demonstrations, split, options.paradigm?.heads);
  const backend = await loadBackend();
  const model = createTrainee(contract, { seed: settings.seed, compile: options.compile, onProgress });
  try {
    const identity = { ...identityOf(contractText, demonstrations, split, settings), ...originOf(options) };
    const run = await openRunFolder(out, resume, identity, model);
    const [indices, validation] = [split.train.indices, split.validation.indices];
    const augment = cameraAugment(contract, settings.augmentation);
    const common = { model, settings, demonstrations, clock, onProgress, relationsEvery: options.relationsEvery };
    const input = { ...common, indices, validation, augment, paradigm: options.paradigm, save: run.save, signal };
    const first = run.resumed ? run.state : begin(options, model, { demonstrations, indices }, run.state);
    const state = await runEpochs(input, first);
    if (state.ended === null) return { ...told(out, settings, state), status: "interrupted", epoch: state.epoch };
    const command = options.command ?? "train() from @polypilot/training";
    const learning = learningOf(options);
    const done = { ...common, out, contractText, split, state, command, learning, backend: backend.description };
    const finished = await finish(done);
    const { scores, deployment } = finished;
    const transfer = options.baseline ? await transferOf(options, { ...done, signal }) : null;
    if (transfer) await writeFile(join(out, "report.html"), await trainingReport({ ...finished, transfer }));
    const { ended, trainedSec, snapshots } = state;
    return {
      ...told(out, settings, state),
      ...{ status: "finished", ended, trainedSec, deployedEpoch: snapshots.deployed.epoch, scores, deployment },
      transfer,
      learning,
      scoredOn: scoredOn(split),
      report: join(out, "report.html"),
    };
  } finally {
    model.dispose();
  }
}

/** Trains the baselines beside the run, and what else was asked for. */
function transferOf(
  { contract, ablate = false, remedy, confirmations }: TrainOptions,
  input: FinishInput & { readonly signal: AbortSignal | undefined },
): Promise<Transfer | null> {
  const makeCheckpoint: TransferInput["finish"] = async (out, contractText, { model, state }) => {
    const { demonstrations: all } = input;
    const labelSpecs = Object.entries(all.labelSpecs).filter(([head]) => model.heads.includes(head));
    const demonstrations = { ...all, contract: model.contract, labelSpecs: Object.fromEntries(labelSpecs) };
    await finish({ ...input, demonstrations, out, contractText, model, state });
  };
  const { history } = input.state;
  return examineTransfer({ ...input, contract, history, ablate, remedy, confirmations, finish: makeCheckpoint });
}

/** What every result tells. */
const told = (out: string, settings: TrainSettings, { history, snapshots }: RunState) => {
  return { out, settings, history, best: snapshots.best };
};
