import { type Clock, type Contract, wallClock } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import type { MultiTaskModel } from "@polypilot/mtl";
import { cameraAugment } from "./camera-augment.js";
import { createTrainee } from "./create-trainee.js";
import { runEpochs } from "./run-epochs.js";
import { firstState, type RunState } from "./run-state.js";
import type { TrainProgress, TrainSettings } from "./train-options.js";

/** Where a fit puts its state after each epoch, and finds it again. */
export interface KeptFit {
  /** Gives the model what was kept, and tells where training stood; undefined where nothing was. */
  readonly resume: (model: MultiTaskModel) => Promise<RunState | undefined>;
  readonly save: (model: MultiTaskModel, state: RunState) => Promise<void>;
}

export interface FitOptions {
  readonly contract: Contract;
  readonly demonstrations: Demonstrations;
  readonly settings: TrainSettings;
  /** Samples to learn from. */
  readonly indices: readonly number[];
  /** Samples to choose the best epoch by; none: the model after the last epoch. */
  readonly validation: readonly number[];
  /** Measures the tasks' relations before every so many-th step; by default never. */
  readonly relationsEvery?: number | undefined;
  /** Whether a step runs as one TensorFlow graph, where it can be; by default it does. Changes no weight. */
  readonly compile?: boolean | undefined;
  readonly onProgress?: ((progress: TrainProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
  /** Gives the fresh model what it starts from: weights, and what the optimiser remembers of them. */
  readonly start?: ((model: MultiTaskModel) => void) | undefined;
  /** By default nothing is kept. */
  readonly keep?: KeptFit | undefined;
}

/**
 * A trained model in memory, with no checkpoint: for studies that train many. The backend must be loaded.
 *
 * @returns the model with the weights of its best epoch (dispose of it), and how training went.
 */
export async function fitModel(options: FitOptions): Promise<{ model: MultiTaskModel; state: RunState }> {
  const { contract, settings, clock = wallClock() } = options;
  const { compile, onProgress, keep } = options;
  const model = createTrainee(contract, { seed: settings.seed, compile, onProgress });
  try {
    const save = async (now: RunState) => keep?.save(model, now);
    const augment = cameraAugment(contract, settings.augmentation);
    options.start?.(model);
    const from = (await keep?.resume(model)) ?? firstState(model);
    const state = await runEpochs({ ...options, model, clock, save, augment }, from);
    const best = state.snapshots.weights.get(state.snapshots.deployed.epoch) ?? state.average;
    if (best) model.setWeights(best);
    return { model, state };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
