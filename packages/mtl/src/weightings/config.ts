import { cosines, squaredLength, times } from "../linear-algebra/gramian.js";
import { pseudoInverse } from "../linear-algebra/pseudo-inverse.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { onePerTask } from "./preference.js";
import { onPresent } from "./present.js";
import type { Weighting } from "./weighting.js";

const options = {
  pref_vector: { type: "numbers", default: [], doc: "wanted proportions of the cosines; left out: all alike" },
} as const satisfies OptionSpecs;

/** @param wanted - [m]; the cosines' proportions. */
function weightsOf(gramian: Float64Array, wanted: Float64Array): Float64Array {
  const m = wanted.length;
  const { products, inverseLengths } = cosines(gramian);
  const unit = times(pseudoInverse(products), wanted);
  // Opposite gradients have no such direction: what is left of it then is rounding.
  if (squaredLength(products, unit) < 1e-20) return new Float64Array(m);
  const best = unit.map((value, i) => value * inverseLengths[i]!);
  const length = Math.sqrt(squaredLength(gramian, best));
  if (!(length > 0)) return new Float64Array(m);
  const along = times(gramian, best).reduce((sum, inner) => sum + inner, 0) / length;
  return best.map((value) => (value / length) * along);
}

/**
 * The direction with the same cosine to every task's gradient, as long as the gradients' projections on it together.
 *
 * u = unit(Û⁺ 1) with the unit gradients as rows of Û, and d = (Σ g_t · u) u. Independent gradients never conflict with it, and each
 * loss falls in proportion to its gradient's length. A gradient of 0 asks for nothing; opposite
 * gradients leave no such direction, and all weights are 0.
 *
 * @see Liu, Chu and Thuerey 2025, ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks, arXiv:2408.11104,
 * equation 2.
 * Differs from the authors' code: the pseudo-inverse is taken of the cosines [m, m], which is the same and never touches the
 * parameters again; their variant with momentum is another method. TorchJD: `ConFIG`, the same.
 */
export const config: Weighting = {
  name: "config",
  sentence: "The direction with the same cosine to every task's gradient",
  paper: "Liu et al. 2025, ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks",
  formula: "u = unit(Û⁺ 1), d = (Σ_t g_t·u) u, Û the unit gradients",
  differs:
    "The pseudo-inverse is taken of the cosines, which is the same; the authors' variant with momentum is not built. TorchJD (ConFIG): nothing known.",
  needs: "gramian",
  options,
  init: (tasks, given) => {
    const { pref_vector } = resolveOptions(options, given, "weighting.options");
    return { preference: onePerTask("pref_vector", pref_vector, tasks.length) };
  },
  step: (state, inputs) => {
    const { preference } = state as { preference: readonly number[] };
    const weights = onPresent(inputs, (gramian, tasks) =>
      weightsOf(
        gramian,
        Float64Array.from(tasks, (task) => preference[task] ?? 1),
      ),
    );
    return { weights, state };
  },
};
