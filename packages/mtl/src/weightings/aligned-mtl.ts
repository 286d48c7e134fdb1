import { times } from "../linear-algebra/gramian.js";
import { onSpectrum } from "../linear-algebra/pseudo-inverse.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { onePerTask, preferenceOf } from "./preference.js";
import { onPresent } from "./present.js";
import type { Weighting } from "./weighting.js";

const options = {
  pref_vector: { type: "numbers", default: [], doc: "what each aligned gradient counts; left out: 1/m" },
  scale_mode: {
    type: "choice",
    default: "min",
    values: ["min", "median", "rmse"],
    doc: "common length of the aligned components: of the least, the (lower) median or the mean eigenvalue",
  },
  rank_eps: {
    type: "number",
    default: Number.EPSILON,
    min: 0,
    max: 0.1,
    doc: "a component counts if its eigenvalue is above m · this times the largest; the authors compute in float32, where it is 1.2e-7",
  },
} as const satisfies OptionSpecs;

/** `precision` is absent in a run's state of before there was the option. */
type AlignedState = { preference: readonly number[]; mode: string; precision?: number };

/** The eigenvalue that all are brought to. @param values - positive, largest first. */
function commonScale(mode: string, values: readonly number[]): number {
  if (mode === "min") return values.at(-1)!;
  if (mode === "median") return values[Math.floor(values.length / 2)]!;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The mean of the gradients after their principal components were made equally long and orthogonal.
 *
 * With JJᵀ = VΛVᵀ over the positive eigenvalues: w = √λ · V Λ^{−½} Vᵀ p, where p are preferences and λ is the least eigenvalue (or
 * the median, or the mean). The Jacobian that it combines has condition number 1: no task dominates and none conflicts. If all
 * gradients are 0, w = p. Positive are eigenvalues above m · ε times the largest, as in the authors' code; what is left of gradients that
 * depend on each other, within four times that, does not count either.
 *
 * @see Senushkin et al. 2023, Independent Component Alignment for Multi-Task Learning, arXiv:2305.19000, Algorithm 1.
 * Differs from the authors' code (SamsungLabs/MTL, `scale_mode` min): there p = 1, so that the direction is m times as long, and ε is
 * float32's 1.2e-7, where nearly parallel gradients count as one sooner (`rank_eps` gives that). Here ε is 2.2e-16, as in TorchJD's
 * `AlignedMTL` in float64, which is the same.
 */
export const alignedMtl: Weighting = {
  name: "aligned-mtl",
  sentence: "The mean of the gradients after their principal components were made equally long",
  paper: "Senushkin et al. 2023, Independent Component Alignment for Multi-Task Learning",
  formula: "JJᵀ = VΛVᵀ, w = √λ_min · V Λ^(−½) Vᵀ p, d = Σ w_t g_t",
  differs:
    "The authors' code has p = 1, here 1/m, and computes in float32, ε = 1.2e-7 (rank_eps). TorchJD (AlignedMTL) in float64: nothing known.",
  needs: "gramian",
  options,
  init: (tasks, given) => {
    const { pref_vector, scale_mode, rank_eps } = resolveOptions(options, given, "weighting.options");
    return { preference: onePerTask("pref_vector", pref_vector, tasks.length), mode: scale_mode, precision: rank_eps };
  },
  step: (state, inputs) => {
    const { preference, mode, precision } = state as AlignedState;
    const weights = onPresent(inputs, (gramian, tasks) => {
      const p = preferenceOf(preference, tasks);
      if (gramian.every((product) => product === 0)) return p;
      return times(
        onSpectrum(gramian, (value, all) => Math.sqrt(commonScale(mode, all) / value), precision),
        p,
      );
    });
    return { weights, state };
  },
};
