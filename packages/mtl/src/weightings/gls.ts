import { resolveOptions } from "../options.js";
import { refuseNegative } from "./positive-losses.js";
import { presentTasks } from "./present.js";
import type { Weighting } from "./weighting.js";

/**
 * The weights of the losses' geometric mean: what each task gains counts in proportion to what it still loses.
 *
 * ∂(Π L_t)^{1/m} / ∂L_t = (Π L_t)^{1/m} / (m L_t). Scaling one loss by c scales the whole gradient by c^{1/m} and leaves its
 * direction alone. A loss of exactly 0 makes the mean 0, its least: all weights are 0 then.
 *
 * @throws PolypilotError `MTL_LOSS` if a loss is negative.
 * @see Chennupati et al. 2019, MultiNet++, arXiv:1904.08492, the geometric loss strategy.
 * Differs from LibMTL: nothing in the gradient; the weights that it logs are those of another formula. TorchJD:
 * `GeometricMean`, the same gradient.
 */
export const gls: Weighting = {
  name: "gls",
  sentence: "The geometric mean of the losses",
  paper: "Chennupati et al. 2019, MultiNet++: Multi-Stream Feature Aggregation and Geometric Loss Strategy",
  formula: "L = (Π_t L_t)^(1/m)",
  differs:
    "LibMTL: nothing in the gradient, but it logs the weights of another formula. TorchJD (GeometricMean): the same gradient.",
  needs: "losses",
  readsLosses: "now",
  options: {},
  init: (_, given) => resolveOptions({}, given, "weighting.options"),
  step: (state, { losses }) => {
    refuseNegative("gls", losses);
    const m = presentTasks(losses).length;
    const logMean = losses.reduce<number>((total, loss) => total + (loss === null ? 0 : Math.log(loss) / m), 0);
    const weights = losses.map((loss) => {
      if (loss === null || logMean === Number.NEGATIVE_INFINITY) return 0;
      return Math.exp(logMean - Math.log(loss)) / m;
    });
    return { weights, state };
  },
};
