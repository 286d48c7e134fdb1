import { dot, weightedSum } from "../linear-algebra/gramian.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { refuseNegative } from "./positive-losses.js";
import { asRows, type Rows, rowsOf } from "./rows.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  beta: { type: "number", default: 0.9, min: 0, max: 1, doc: "how much of the gradients' past is kept" },
  beta_sigma: { type: "number", default: 0.5, min: 0, doc: "beta falls as beta / step^beta_sigma" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly beta: number;
  readonly sigma: number;
  readonly steps: number;
  /** [m][n]; smoothed gradients of the log losses; empty before the first step. */
  readonly smoothed: Rows;
}

/**
 * The sum of the log losses' smoothed gradients, all brought to the length of the longest.
 *
 * ĝ_t ← β_k ĝ_t + (1 − β_k) ∇ log L_t; d = Σ (max_s ‖ĝ_s‖ / ‖ĝ_t‖) ĝ_t. The logarithm makes losses of different units alike, the common
 * length gradients of different sizes. ∇ log L = g / (L + 1e-8). A smoothed gradient of 0 adds nothing. The state holds as many
 * numbers as tasks × shared parameters.
 *
 * @throws PolypilotError `MTL_LOSS` if a loss is negative.
 * @see Lin et al. 2023, Dual-Balancing for Multi-Task Learning, arXiv:2308.12029, Algorithm 1.
 * Differs from LibMTL, which is the authors': nothing in the shared parameters but 1e-8 in the lengths; heads take their loss's
 * own gradient here, that of its logarithm there.
 */
export const dbMtl: Weighting = {
  name: "db-mtl",
  sentence: "The sum of the log losses' smoothed gradients, all brought to one length",
  paper: "Lin et al. 2023, Dual-Balancing for Multi-Task Learning",
  formula: "ĝ_t ← β_k ĝ_t + (1 − β_k) ∇ log L_t, d = Σ_t (max_s ‖ĝ_s‖ / ‖ĝ_t‖) ĝ_t",
  differs:
    "LibMTL, which is the authors': 1e-8 in the lengths; heads take their loss's own gradient here, that of its logarithm there.",
  needs: "jacobian",
  tracksGradients: true,
  readsLosses: "now",
  options,
  init: (_, given): State => {
    const { beta, beta_sigma } = resolveOptions(options, given, "weighting.options");
    return { beta, sigma: beta_sigma, steps: 0, smoothed: [] };
  },
  step: (before, { losses, jacobian }) => {
    const state = before as State;
    refuseNegative("db-mtl", losses);
    const steps = state.steps + 1;
    const kept = state.beta / steps ** state.sigma;
    const smoothed = rowsOf(state.smoothed, jacobian).map((old, t) => {
      const loss = losses[t];
      if (loss == null) return old;
      return old.map((value, k) => kept * value + ((1 - kept) * jacobian[t]![k]!) / (loss + 1e-8));
    });
    const lengths = smoothed.map((row) => Math.sqrt(dot(row, row)));
    const longest = Math.max(...lengths);
    const weights = lengths.map((length) => (length > 0 ? longest / length : 0));
    const direction = Float32Array.from(weightedSum(smoothed, weights));
    return { direction, state: { ...state, steps, smoothed: asRows(smoothed) } };
  },
};
