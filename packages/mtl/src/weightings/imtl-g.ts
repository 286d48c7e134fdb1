import { cosines, diagonal, times } from "../linear-algebra/gramian.js";
import { independentRows, pseudoInverse } from "../linear-algebra/pseudo-inverse.js";
import { resolveOptions } from "../options.js";
import { onPresent } from "./present.js";
import type { Weighting } from "./weighting.js";

/** v of which the weights are v / Σ v. */
function unscaled(gramian: Float64Array): Float64Array {
  const m = Math.round(Math.sqrt(gramian.length));
  if (independentRows(gramian) < m) {
    return times(
      pseudoInverse(gramian),
      diagonal(gramian).map((square) => Math.sqrt(Math.max(0, square))),
    );
  }
  const { products, inverseLengths } = cosines(gramian);
  return times(pseudoInverse(products), new Float64Array(m).fill(1)).map((value, i) => value * inverseLengths[i]!);
}

/**
 * The combination of the gradients that has the same projection on each of them: no task is favoured.
 *
 * d · g_t / ‖g_t‖ is the same for all t, and Σ w = 1: w = v / Σ v with v = (JJᵀ)⁺ (‖g_1‖, …, ‖g_m‖). Weights may be negative. Where
 * Σ v vanishes there is no such combination and all weights are 0. Of independent gradients the paper's formula holds whatever their
 * lengths: it is solved on their cosines, v_t = (C⁻¹ 1)_t / ‖g_t‖, the same in exact numbers.
 *
 * @see Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR 2021, gradient balance; with the pseudo-inverse of Quinton
 * and Rey 2024, Jacobian Descent for Multi-Objective Optimization, arXiv:2406.16232, for dependent gradients.
 * Differs from LibMTL: no joined imtl-l; the same weights where the gradients are independent. TorchJD: `IMTLG`, the same, with
 * a bound for Σ v that is relative here; its pseudo-inverse drops a row shorter than about √(m·2.2e-16) of the longest, where the
 * paper, and this, divide by it.
 */
export const imtlG: Weighting = {
  name: "imtl-g",
  sentence: "The combination with the same projection on each task's gradient",
  paper: "Liu et al. 2021, Towards Impartial Multi-task Learning",
  formula: "d·g_t/‖g_t‖ the same for all t: w = v/Σv, v = (JJᵀ)⁺ (‖g_1‖, …, ‖g_m‖)",
  differs:
    "LibMTL always joins imtl-l; here losses: { method: imtl-l } does. TorchJD (IMTLG): the same, with a relative bound for Σv here.",
  needs: "gramian",
  options: {},
  init: (_, given) => resolveOptions({}, given, "weighting.options"),
  step: (state, inputs) => {
    const weights = onPresent(inputs, (gramian) => {
      const v = unscaled(gramian);
      const sum = v.reduce((total, value) => total + value, 0);
      const size = v.reduce((total, value) => total + Math.abs(value), 0);
      return Math.abs(sum) <= 1e-12 * size ? v.map(() => 0) : v.map((value) => value / sum);
    });
    return { weights, state };
  },
};
