import { dot, gramian, times, weightedSum } from "../linear-algebra/gramian.js";
import { projectOntoSimplex, softmax } from "../linear-algebra/simplex.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { asRows, type Rows, rowsOf } from "./rows.js";
import type { JacobianInputs, Json, Weighting } from "./weighting.js";

const options = {
  beta: { type: "number", default: 0.5, min: 0, max: 1, doc: "how fast the tracked gradients follow" },
  beta_sigma: { type: "number", default: 0.5, min: 0, doc: "beta falls as beta / step^beta_sigma" },
  gamma: { type: "number", default: 0.1, above: 0, doc: "learning rate of the weights" },
  gamma_sigma: { type: "number", default: 0.5, min: 0, doc: "gamma falls as gamma / step^gamma_sigma" },
  rho: { type: "number", default: 0, min: 0, doc: "pull to equal weights" },
  projection: { type: "choice", default: "simplex", values: ["simplex", "softmax"], doc: "the paper's, or the code's" },
  scale_by_loss: { type: "boolean", default: false, doc: "give each gradient its loss as length, as the code does" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly beta: readonly [number, number];
  readonly gamma: readonly [number, number];
  readonly rho: number;
  readonly projection: string;
  readonly scaleByLoss: boolean;
  readonly steps: number;
  readonly lambda: readonly number[];
  /** [m][n]; gradients as tracked over the steps; empty before the first. */
  readonly tracked: Rows;
}

function tracked(state: State, { losses, jacobian }: JacobianInputs, rate: number): Float64Array[] {
  const old = rowsOf(state.tracked, jacobian);
  return jacobian.map((row, t) => {
    const loss = losses[t];
    if (loss == null) return old[t]!;
    const length = Math.sqrt(dot(row, row));
    const scale = state.scaleByLoss ? loss / (length + 1e-8) : 1;
    return old[t]!.map((value, k) => value - rate * (value - scale * row[k]!));
  });
}

/**
 * The shortest combination of gradients that are tracked over the steps, so that a batch's noise does not bias it.
 *
 * y_t ← y_t − β_k (y_t − g_t); λ ← Π_Δ(λ − γ_k (YᵀY + ρI) λ); the direction is Σ λ_t y_t. y starts at 0, so that the first directions are
 * short. The state holds as many numbers as tasks × shared parameters.
 *
 * @see Fernando et al. 2023, Mitigating Gradient Bias in Multi-objective Learning, arXiv:2210.12624, Algorithm 1 (MoCo).
 * Differs from LibMTL, which follows the authors' code: there a softmax stands for the projection, and each gradient is
 * first given the length of its loss; `projection: softmax` and `scale_by_loss: true` do the same here. Defaults are LibMTL's.
 */
export const moco: Weighting = {
  name: "moco",
  sentence: "The shortest combination of gradients that are tracked over the steps",
  paper: "Fernando et al. 2023, Mitigating Gradient Bias in Multi-objective Learning",
  formula: "y_t ← y_t − β_k(y_t − g_t), λ ← Π_Δ(λ − γ_k(YᵀY + ρI)λ), d = Σ_t λ_t y_t",
  differs:
    "LibMTL, after the authors' code, has a softmax in place of the projection and scales gradients by losses: projection: softmax and scale_by_loss: true do the same here.",
  needs: "jacobian",
  tracksGradients: true,
  options,
  init: (tasks, given): State => {
    const o = resolveOptions(options, given, "weighting.options");
    return {
      beta: [o.beta, o.beta_sigma],
      gamma: [o.gamma, o.gamma_sigma],
      rho: o.rho,
      projection: o.projection,
      scaleByLoss: o.scale_by_loss,
      steps: 0,
      lambda: tasks.map(() => 1 / tasks.length),
      tracked: [],
    };
  },
  step: (before, inputs) => {
    const state = before as State;
    const steps = state.steps + 1;
    const y = tracked(state, inputs, state.beta[0] / steps ** state.beta[1]);
    const rate = state.gamma[0] / steps ** state.gamma[1];
    const slope = times(gramian(y), state.lambda).map((value, t) => value + state.rho * state.lambda[t]!);
    const moved = state.lambda.map((weight, t) => weight - rate * slope[t]!);
    const lambda = [...(state.projection === "softmax" ? softmax(moved) : projectOntoSimplex(moved))];
    const direction = Float32Array.from(weightedSum(y, lambda));
    return { direction, state: { ...state, steps, lambda, tracked: asRows(y) } };
  },
};
