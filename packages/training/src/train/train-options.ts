import type { Clock, Contract } from "@polypilot/core";
import type { Demonstrations } from "@polypilot/dataset";
import type { Paradigm, TaskData } from "../paradigms/paradigm.js";
import type { Remedy } from "../relations/remedies.js";
import type { CameraAugmentation } from "./camera-augment.js";
import type { HistoryEntry } from "./history.js";

/** What changes the weights that come out. Stored with the run: a resumed run must have the same. */
export interface TrainSettings {
  /** Of the first weights, the order of samples, dropout and augmentation; and of the split. */
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Highest learning rate; it rises over the warm-up and falls along a cosine. */
  readonly learningRate: number;
  readonly warmUpEpochs: number;
  /** Decoupled weight decay, a share per unit of learning rate. */
  readonly weightDecay: number;
  /** Largest norm of a step's gradient. */
  readonly clipNorm: number;
  /** Decay per step of the running average of weights that is validated and deployed; 0 for none. */
  readonly averaging: number;
  /** Epochs without a better primary head after which training stops. */
  readonly patience: number;
  /** Share of the episodes that validates; 0: all train, nothing is chosen, and the last epoch is deployed. */
  readonly validationShare: number;
  /** How far camera images are changed each time they are shown in training; {} for not at all. */
  readonly augmentation: CameraAugmentation;
}

export const defaultSettings: Omit<TrainSettings, "seed"> = {
  epochs: 30,
  batchSize: 64,
  learningRate: 1e-3,
  warmUpEpochs: 1,
  weightDecay: 1e-2,
  clipNorm: 5,
  averaging: 0.99,
  patience: 10,
  validationShare: 0.2,
  augmentation: { brightness: 0.4, contrast: 0.3, colour: 0.2, shiftX: 2, shiftY: 2 },
};

/** What `train` tells while it runs. */
export type TrainProgress =
  | {
      readonly kind: "step";
      readonly epoch: number;
      readonly epochs: number;
      /** Steps of this epoch done, and their number. */
      readonly step: number;
      readonly steps: number;
      /** Mean loss of each head over this epoch so far. */
      readonly losses: Readonly<Record<string, number | null>>;
    }
  | { readonly kind: "validate"; readonly epoch: number; readonly epochs: number }
  | {
      readonly kind: "epoch";
      readonly epochs: number;
      readonly entry: HistoryEntry;
      /** True if this epoch's model is the one to deploy so far. */
      readonly best: boolean;
    }
  | { readonly kind: "finish"; readonly what: string }
  /** Something that changes no result and is worth knowing: why steps are not compiled. */
  | { readonly kind: "notice"; readonly what: string }
  /** A run beside the main one begins: a baseline, an ablation, a remedy. The steps and epochs that follow are its own. */
  | { readonly kind: "companion"; readonly name: string; readonly run: number; readonly runs: number };

/** What `train` takes. */
export interface TrainOptions extends Partial<Omit<TrainSettings, "seed">> {
  readonly contract: Contract;
  /** The contract's file as it is written: the checkpoint carries it. */
  readonly contractText: string;
  /** Recordings to learn from: loaded, or the paths of their files. */
  readonly demonstrations: Demonstrations | readonly string[];
  /** Folder of the run: becomes the checkpoint. */
  readonly out: string;
  readonly seed: number;
  /** Goes on with the run in `out`. */
  readonly resume?: boolean;
  /** Episodes to validate on, in place of a share drawn by the seed. */
  readonly validationEpisodes?: readonly string[];
  /** Measures the tasks' relations (gradient cosines, TAG) before every so many-th step; 0, the default, never. Changes no weight. */
  readonly relationsEvery?: number;
  /** Trains each primary head alone too, by the same data and settings, and says whether the other tasks help or hurt it; by default not. */
  readonly baseline?: boolean;
  /** With `baseline`: trains once without each auxiliary head, to find the one that hurts. */
  readonly ablate?: boolean;
  /** With `baseline`: further seeds by which harm must show before it is told; by default one. They are trained only where it seems so. */
  readonly confirmations?: number;
  /** With `baseline`: what to try where the other tasks hurt a primary head; makes a second checkpoint in the run's folder. */
  readonly remedy?: Remedy;
  /** A trained model's weights to start from, by name; a parameter that it lacks starts fresh. */
  readonly from?: Readonly<Record<string, Float32Array>>;
  /** What `from` is, for the card and the report: a checkpoint's folder. */
  readonly fromName?: string;
  /** How to learn, other than from all samples at once with all parameters: transfer, continual, curriculum, few-shot, meta-learning. */
  readonly paradigm?: Paradigm;
  /** What the weights of `from` were trained on, task by task, for paradigms that look back. */
  readonly earlier?: readonly TaskData[];
  /** Whether a step runs as one TensorFlow graph, where it can be; by default it does. Changes no weight. */
  readonly compile?: boolean;
  /** What was typed, for the card. */
  readonly command?: string;
  readonly onProgress?: (progress: TrainProgress) => void;
  /** Ends the run at the next step; it can be resumed. */
  readonly signal?: AbortSignal;
  /** For durations in the card and the report. */
  readonly clock?: Clock;
}
