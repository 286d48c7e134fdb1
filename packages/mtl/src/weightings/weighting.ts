import type { Random } from "@polypilot/core";
import type { Method } from "../family.js";
import type { LossKind } from "../heads/head.js";
import type { OptionSpecs } from "../options.js";

/** Anything that survives JSON unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A task as a weighting sees it. */
export interface WeightingTask {
  readonly name: string;
  readonly lossKind: LossKind;
  /** Whether the contract calls it primary; absent where nothing is known of roles. */
  readonly primary?: boolean;
}

/** What every weighting is told at each step. Tasks are in the same order everywhere. */
export interface LossInputs {
  /** Loss of each task in this batch; null where the batch has no label of it. */
  readonly losses: readonly (number | null)[];
  readonly learningRate: number;
  /** A source for this step alone. */
  readonly random: Random;
  /** Steps done before this one, and epochs done before this one. */
  readonly step: number;
  readonly epoch: number;
}

/** Inner products of the m tasks' gradients in the shared parameters. */
export interface GramianInputs extends LossInputs {
  /** [m·m], row-major; rows and columns of tasks without label are 0. */
  readonly gramian: Float64Array;
  /** [m·m], row-major; J₁J₂ᵀ of two independent batches, for the methods that ask for it by `draws`. */
  readonly crossGramian?: Float64Array;
}

/** The m tasks' gradients in the shared parameters. */
export interface JacobianInputs extends LossInputs {
  /** m rows over all shared parameters; a task without label has a row of zeros. */
  readonly jacobian: readonly (Float32Array | Float64Array)[];
}

/** A weight for each task; the batch's total is Σ w_t L_t. */
export interface Weights {
  /** ≥ 0 unless the method says otherwise; of no effect for a task without label. */
  readonly weights: readonly number[];
  /** For methods on gradients: what each task's own gradient counts for its head; left out: 1. */
  readonly headWeights?: readonly number[];
  readonly state: Json;
}

/** A direction for the shared parameters. */
export interface Direction {
  readonly direction: Float32Array;
  /** For the log: what each task's gradient counted, where the method can say. */
  readonly weights?: readonly number[];
  /** What each task's own gradient counts for its head; left out: 1. */
  readonly headWeights?: readonly number[];
  readonly state: Json;
}

/** Half of a batch: its even samples, which the step trains on, or its odd ones, held back to judge by. */
export type Half = "train" | "held";

/** Ways to try what a step would do without doing it. Parameters are all that are trained, the heads' too, side by side. */
export interface Trial {
  readonly learningRate: number;
  /** The gradient of Σ w_t L_t at θ + shift; tasks without label count nothing. */
  readonly gradient: (half: Half, weights: readonly number[], shift?: ArrayLike<number>) => ArrayLike<number>;
  /** The losses at θ + shift; null for tasks without label. */
  readonly losses: (half: Half, shift: ArrayLike<number>) => readonly (number | null)[];
}

interface WeightingCommon extends Method {
  /**
   * Whether the values of the losses count, besides which of them are there: for this step's decision (`now`), or only for those of
   * later steps (`later`), so that a backward pass need not wait for them. Absent where they never do.
   */
  readonly readsLosses?: "now" | "later";
  /** Its state holds gradients, so that they must be in the parameters: those in a representation are of other samples at each step. */
  readonly tracksGradients?: true;
  readonly options: OptionSpecs;
  /** For methods that learn by trying: called before each step with what may be tried. To be called where it is there. */
  readonly before?: (state: Json, trial: Trial) => Json;
  /** The first state. State is a value: it goes in and comes out, and survives JSON, so that training resumes exactly. */
  readonly init: (tasks: readonly WeightingTask[], options: Readonly<Record<string, unknown>>) => Json;
}

/**
 * A way to weigh tasks. `needs` says what it must be told, and what it decides.
 *
 * `losses`: weights for the whole model. `gramian`: weights for the shared parameters alone, from inner products; heads take
 * their own loss's gradient. `jacobian`: the shared parameters' direction itself; heads likewise.
 */
export type Weighting =
  | (WeightingCommon & {
      readonly needs: "losses";
      readonly step: (state: Json, inputs: LossInputs) => Weights;
      /** For methods that learn from what a step did: the same batch's losses after it. To be called where it is there. */
      readonly after?: (state: Json, losses: readonly (number | null)[]) => Json;
    })
  | (WeightingCommon & {
      readonly needs: "gramian";
      /** 2 where the method asks for `crossGramian`. */
      readonly draws?: 2;
      readonly step: (state: Json, inputs: GramianInputs) => Weights;
    })
  | (WeightingCommon & {
      readonly needs: "jacobian";
      readonly step: (state: Json, inputs: JacobianInputs) => Direction;
    });
