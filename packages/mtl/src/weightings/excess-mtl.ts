import { weightedSum } from "../linear-algebra/gramian.js";
import { softmax } from "../linear-algebra/simplex.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { asRows, type Rows, rowsOf } from "./rows.js";
import type { JacobianInputs, Json, Weighting } from "./weighting.js";

const options = {
  robust_step_size: { type: "number", default: 1, above: 0, doc: "step size of the weights" },
  n_warmup_steps: { type: "integer", default: 0, min: 0, doc: "steps with equal weights, whose mean risk is the unit" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly stepSize: number;
  readonly warmup: number;
  readonly steps: number;
  /** Logarithms of the weights. */
  readonly logits: readonly number[];
  /** [m][n]; sums of the squared derivatives; empty before the first step. */
  readonly squares: Rows;
  /** What each task's risk is measured in: the sum over the warm-up, then its mean; null before the first step. */
  readonly unit: readonly number[] | null;
}

/** ĝᵀ diag(√Σ g²)⁻¹ ĝ of each task: how much it may still gain, with AdaGrad's diagonal for the curvature. */
function excessRisks(squares: readonly Float64Array[], { losses, jacobian }: JacobianInputs): (number | null)[] {
  return jacobian.map((row, t) => {
    if (losses[t] === null) return null;
    let risk = 0;
    for (let k = 0; k < row.length; k += 1) risk += (row[k]! * row[k]!) / Math.sqrt(squares[t]![k]! + 1e-7);
    return risk;
  });
}

/** Risks in their units and the units kept; risks of null during the warm-up. */
function measured(state: State, risks: readonly (number | null)[]) {
  const known = state.unit ?? risks.map(() => 0);
  if (state.steps < state.warmup) return { risks: null, unit: known.map((sum, t) => sum + (risks[t] ?? 0)) };
  if (state.warmup === 0 && state.steps === 0) return { risks, unit: risks.map((risk) => risk ?? 0) };
  const unit = state.warmup > 0 && state.steps === state.warmup ? known.map((sum) => sum / state.warmup) : known;
  return { risks: risks.map((risk, t) => (risk === null ? null : risk / (unit[t]! + 1e-7))), unit };
}

/**
 * Weights that grow with how much each task may still gain, so that noisy labels do not draw them.
 *
 * The excess risk of a task (loss less its lowest reachable loss) is estimated by ĝᵀH⁻¹ĝ with H = diag(√Σ g²) over all steps, measured
 * against its first value; w_t ← w_t exp(η · risk_t), normalised to sum 1. The state holds as many numbers as tasks × shared
 * parameters.
 *
 * @see He et al. 2024, Robust Multi-Task Learning with Excess Risks, arXiv:2402.02009, equations 6, 7 and 9.
 * Differs from the authors' code and LibMTL: weights start at 1/m as in the paper, at 1 there. TorchJD: `ExcessMTL`, the same.
 */
export const excessMtl: Weighting = {
  name: "excess-mtl",
  sentence: "Weights that grow with how much each task may still gain",
  paper: "He et al. 2024, Robust Multi-Task Learning with Excess Risks",
  formula: "w_t ← w_t exp(η ε̂_t) / Σ_s w_s exp(η ε̂_s), ε̂_t = ĝ_tᵀ diag(√Σ g²)⁻¹ ĝ_t against its first value",
  differs:
    "The authors' code and LibMTL start the weights at 1, the paper and this at 1/m. TorchJD (ExcessMTL): the same.",
  needs: "jacobian",
  tracksGradients: true,
  options,
  init: (tasks, given): State => {
    const { robust_step_size, n_warmup_steps } = resolveOptions(options, given, "weighting.options");
    const logits = tasks.map(() => -Math.log(tasks.length));
    return { stepSize: robust_step_size, warmup: n_warmup_steps, steps: 0, logits, squares: [], unit: null };
  },
  step: (before, inputs) => {
    const state = before as State;
    const squares = rowsOf(state.squares, inputs.jacobian).map((row, t) =>
      row.map((sum, k) => sum + inputs.jacobian[t]![k]! ** 2),
    );
    const { risks, unit } = measured(state, excessRisks(squares, inputs));
    const moved = state.logits.map((logit, t) => logit + state.stepSize * (risks?.[t] ?? 0));
    const weights = [...softmax(moved)];
    const logits = weights.map((weight) => Math.max(Math.log(weight), -1e300));
    const direction = Float32Array.from(weightedSum(inputs.jacobian, weights));
    const next = { ...state, steps: state.steps + 1, logits, squares: asRows(squares), unit };
    return { direction, weights, state: next };
  },
};
