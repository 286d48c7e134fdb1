import { diagonal, times } from "../linear-algebra/gramian.js";
import { nonNegativeQp } from "../linear-algebra/non-negative-qp.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { onePerTask, preferenceOf } from "./preference.js";
import { onPresent } from "./present.js";
import type { Weighting } from "./weighting.js";

const options = {
  pref_vector: { type: "numbers", default: [], doc: "what each task counts; left out: 1/m" },
  norm_eps: { type: "number", default: 0, min: 0, doc: "Σ ‖g‖² below which the gradients count as 0" },
  reg_eps: { type: "number", default: 1e-4, min: 0, doc: "added to the diagonal of the Gramian of trace 1" },
} as const satisfies OptionSpecs;

/** JJᵀ / trace + ε I, as the projections below take it. */
function regularised(gramian: Float64Array, normEps: number, regEps: number): Float64Array {
  const m = Math.round(Math.sqrt(gramian.length));
  const trace = diagonal(gramian).reduce((sum, square) => sum + square, 0);
  return gramian.map((product, at) => {
    const share = trace > 0 && trace >= normEps ? product / trace : 0;
    return at % (m + 1) === 0 ? share + regEps : share;
  });
}

/**
 * The weights v of the projection of Σ u_t g_t on the dual cone of the gradients: the nearest direction that hurts no task.
 *
 * min vᵀGv over v ≥ u; what is added to u is 0 for every task whom the result helps.
 *
 * @param gramian - [m·m]; inner products, or those of `regularised`.
 * @see Quinton and Rey 2024, Jacobian Descent for Multi-Objective Optimization, arXiv:2406.16232, Proposition 1.
 */
export function projectOntoDualCone(gramian: Float64Array, u: Float64Array): Float64Array {
  const added = nonNegativeQp(
    gramian,
    times(gramian, u).map((value) => -value),
  );
  return u.map((value, i) => value + added[i]!);
}

/**
 * What the methods that project on the dual cone share: options, state, and a Gramian ready for the projection.
 *
 * @param weigh - the weights of the tasks present, from their regularised Gramian [m·m] and preference [m].
 */
export function dualConeMethod(
  weigh: (gramian: Float64Array, preference: Float64Array) => Float64Array,
): Pick<Extract<Weighting, { needs: "gramian" }>, "options" | "init" | "step"> {
  return {
    options,
    init: (tasks, given) => {
      const { pref_vector, norm_eps, reg_eps } = resolveOptions(options, given, "weighting.options");
      return { preference: onePerTask("pref_vector", pref_vector, tasks.length), norm_eps, reg_eps };
    },
    step: (state, inputs) => {
      const { preference, norm_eps, reg_eps } = state as { preference: number[]; norm_eps: number; reg_eps: number };
      const weights = onPresent(inputs, (gramian, tasks) =>
        weigh(regularised(gramian, norm_eps, reg_eps), preferenceOf(preference, tasks)),
      );
      return { weights, state };
    },
  };
}
