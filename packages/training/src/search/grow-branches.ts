import { type Contract, PolypilotError } from "@polypilot/core";
import { batches, type Demonstrations } from "@polypilot/dataset";
import {
  type AdamState,
  type Affinity,
  type BranchCost,
  type BranchCosts,
  chooseBranches,
  type MultiTaskModel,
  nextJunction,
  sampleErrors,
  taskAffinity,
  widen,
} from "@polypilot/mtl";
import { type FitOptions, fitModel, type KeptFit } from "../train/fit-model.js";
import type { RunState } from "../train/run-state.js";

/** What was found at one level, from the top. */
export interface GrownLevel {
  readonly level: number;
  /** In the order of the affinity. */
  readonly heads: readonly string[];
  readonly affinity: Affinity;
  /** Heads of each branch above, and of each group that they became. */
  readonly branches: readonly (readonly string[])[];
  readonly groups: readonly (readonly string[])[];
  readonly costs: readonly BranchCost[];
}

/** Where growing stands between two rounds: a value, from which it goes on bit for bit. */
export interface Growth {
  /** `fully-adaptive`, with the levels so far. */
  readonly contract: Contract;
  /** Null before the first round. */
  readonly weights: Readonly<Record<string, Float32Array>> | null;
  readonly optimiser: AdamState | null;
  readonly levels: readonly GrownLevel[];
}

export interface GrowOptions
  extends Omit<FitOptions, "start" | "keep">,
    Pick<BranchCosts, "layerCost" | "separation" | "most"> {
  /** Epochs of training before each level is decided; by default 1. */
  readonly roundEpochs?: number;
  /** Most samples to measure affinity by; by default 2000. */
  readonly affinitySamples?: number;
  /** Weights of the thin net to start from, such as `thinWeights` of a wide one; what they lack starts anew. */
  readonly weights?: Readonly<Record<string, Float32Array>>;
  /** A growth that was not finished. */
  readonly from?: Growth;
  /** Where the training after so many levels keeps its state; by default nowhere. */
  readonly keep?: (levels: number) => KeptFit;
  /** Waited for. */
  readonly onLevel?: (growth: Growth) => unknown;
}

/** At most `most` of the samples, evenly spread. */
const spread = (indices: readonly number[], most: number): number[] =>
  indices.filter((_, i) => Math.floor((i * most) / indices.length) !== Math.floor(((i - 1) * most) / indices.length));

/** Each head's error on each of the samples. */
function errorsOf(
  model: MultiTaskModel,
  demonstrations: Demonstrations,
  indices: readonly number[],
  batchSize: number,
) {
  const errors = model.heads.map((): number[] => []);
  for (const batch of batches(demonstrations, indices, { batchSize, seed: 0, epoch: 0, shuffle: false })) {
    const found = sampleErrors(model, batch);
    model.heads.forEach((head, h) => {
      for (const error of found[head]!) errors[h]!.push(error);
    });
  }
  return errors;
}

/** Gives a fresh model the weights so far, and its optimiser what it knew of them. */
const startFrom = (growth: Growth, given: GrowOptions["weights"]) => (model: MultiTaskModel) => {
  const { weights, optimiser } = growth;
  model.setWeights({ ...model.getWeights(), ...given, ...weights });
  if (optimiser) model.setOptimiser(optimiser);
};

/** Checks the numbers of a growth before anything is trained. @throws PolypilotError `TRAINING_OPTION` */
export function checkGrowth(given: Pick<GrowOptions, "roundEpochs" | "affinitySamples" | "most">): void {
  const numbers = {
    "epochs a round": given.roundEpochs,
    "samples to measure affinity by": given.affinitySamples,
    "branches at most": given.most,
  };
  for (const [what, number = 1] of Object.entries(numbers)) {
    if (Number.isInteger(number) && number >= 1) continue;
    throw new PolypilotError("TRAINING_OPTION", ["training", "grow"], {
      expected: `${what}: a whole number of at least 1`,
      found: String(number),
      todo: "Correct it",
    });
  }
}

/** Decides one level by a trained model's errors. */
function widened(options: GrowOptions, growth: Growth, model: MultiTaskModel): Growth {
  const { demonstrations, indices, settings, affinitySamples = 2000, layerCost, separation, most } = options;
  const junction = nextJunction(growth.contract)!;
  const { heads } = model;
  const sample = spread(indices, affinitySamples);
  const affinity = taskAffinity(errorsOf(model, demonstrations, sample, settings.batchSize));
  const numbers = junction.branches.map((branch) => branch.map((head) => heads.indexOf(head)));
  const costs = {
    halvings: junction.halvings,
    seed: settings.seed,
    ...(layerCost === undefined ? {} : { layerCost }),
    ...(separation === undefined ? {} : { separation }),
    ...(most === undefined ? {} : { most }),
  };
  const chosen = chooseBranches(affinity, numbers, costs);
  const groups = chosen.groups.map((group) => group.flatMap((b) => junction.branches[b]!));
  const { contract, carry } = widen(growth.contract, groups);
  const { mean, square, steps } = model.getOptimiser();
  const level = { level: junction.level, heads, affinity, branches: junction.branches, groups, costs: chosen.costs };
  return {
    contract,
    weights: carry(model.getWeights()),
    optimiser: { mean: carry(mean), square: carry(square), steps: carry(steps) },
    levels: [...growth.levels, level],
  };
}

/**
 * A tree of shared layers, grown while it is trained, and the model that it ends as.
 *
 * The thin net is trained for some epochs; which heads find the same samples hard decides how its top layer is divided; each branch
 * starts as a copy, and training goes on. So level by level, until the branches meet or the input is reached; then the grown net is
 * trained for all of the settings' epochs. Dispose of the model. The backend must be loaded.
 *
 * @param options.contract - its architecture is `fully-adaptive`; levels that its `groups` name already are kept.
 * @throws PolypilotError `TRAINING_OPTION` if a number is out of its range; what training throws.
 * @returns the grown contract, the model of its best epoch, how its training went, and what was found at each level.
 * @see Lu et al. 2017, Fully-adaptive Feature Sharing in Multi-Task Networks, arXiv:1611.05377.
 * Differs from the authors' code: affinity is measured on samples at the end of a round, where the code keeps running means over the
 * round's batches, and the learning rate runs through its schedule once in each round.
 */
export async function growBranches(
  options: GrowOptions,
): Promise<{ contract: Contract; model: MultiTaskModel; state: RunState; levels: readonly GrownLevel[] }> {
  const { settings, roundEpochs = 1, onLevel, signal } = options;
  checkGrowth(options);
  const first: Growth = { contract: options.contract, weights: null, optimiser: null, levels: [] };
  let growth = options.from ?? first;
  while (nextJunction(growth.contract)) {
    const round = { ...settings, epochs: roundEpochs, averaging: 0 };
    const start = startFrom(growth, options.weights);
    const { contract, levels } = growth;
    const keep = options.keep?.(levels.length);
    const { model } = await fitModel({ ...options, contract, settings: round, validation: [], start, keep });
    try {
      signal?.throwIfAborted();
      growth = widened(options, growth, model);
    } finally {
      model.dispose();
    }
    await onLevel?.(growth);
  }
  const { contract, levels } = growth;
  const keep = options.keep?.(levels.length);
  const { model, state } = await fitModel({ ...options, contract, start: startFrom(growth, options.weights), keep });
  return { contract, model, state, levels };
}
