import { softmax } from "../linear-algebra/simplex.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { onePerTask, preferenceOf } from "./preference.js";
import { presentTasks, spread } from "./present.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  mu: { type: "number", default: 1, above: 0, doc: "smoothing; towards 0 the worst task alone counts" },
  weights: { type: "numbers", default: [], doc: "preference λ of each task; left out: 1/m" },
  reference: { type: "numbers", default: [], doc: "ideal loss z* of each task; left out: 0" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly mu: number;
  readonly preference: readonly number[];
  readonly reference: readonly number[];
}

/**
 * The weights of the smooth maximum of the losses: the worst task counts most.
 *
 * g = μ log Σ exp(λ_t (L_t − z*_t) / μ), so that ∂g/∂L_t = λ_t · softmax_t(λ (L − z*) / μ). With λ = 1/m the weights sum to 1/m.
 *
 * @see Lin et al. 2024, Smooth Tchebycheff Scalarization for Multi-Objective Optimization, arXiv:2402.19078.
 * Differs from the authors' multi-task code and LibMTL: those take logarithms of losses divided by their mean after some
 * warm-up epochs, and multiply by m; here it is the paper's definition. TorchJD: `STCH`, the same gradient.
 */
export const stch: Weighting = {
  name: "stch",
  sentence: "The smooth maximum of the losses: the worst task counts most",
  paper: "Lin et al. 2024, Smooth Tchebycheff Scalarization for Multi-Objective Optimization",
  formula: "L = μ log Σ_t exp(λ_t (L_t − z*_t) / μ)",
  differs:
    "The authors' multi-task code and LibMTL take logarithms of losses divided by their mean after some warm-up epochs, and multiply by m; here it is the paper's definition. TorchJD (STCH): the same gradient.",
  needs: "losses",
  readsLosses: "now",
  options,
  init: (tasks, given): State => {
    const { mu, weights, reference } = resolveOptions(options, given, "weighting.options");
    return {
      mu,
      preference: onePerTask("weights", weights, tasks.length),
      reference: onePerTask("reference", reference, tasks.length),
    };
  },
  step: (before, { losses }) => {
    const { mu, preference, reference } = before as State;
    const tasks = presentTasks(losses);
    if (tasks.length === 0) return { weights: losses.map(() => 0), state: before };
    const lambda = preferenceOf(preference, tasks);
    const share = softmax(lambda.map((l, k) => (l * (losses[tasks[k]!]! - (reference[tasks[k]!] ?? 0))) / mu));
    return {
      weights: spread(
        lambda.map((l, k) => l * share[k]!),
        tasks,
        losses.length,
      ),
      state: before,
    };
  },
};
