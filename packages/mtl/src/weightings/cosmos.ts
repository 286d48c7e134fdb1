import { type OptionSpecs, resolveOptions } from "../options.js";
import { onePerTask, preferenceOf } from "./preference.js";
import { presentTasks, spread } from "./present.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  lambda: { type: "number", default: 1, min: 0, doc: "how much the losses' direction counts beside their size" },
  weights: { type: "numbers", default: [], doc: "preference r of each task; left out: 1/m" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly lambda: number;
  readonly preference: readonly number[];
}

const inner = (a: ArrayLike<number>, b: readonly number[]) => b.reduce((sum, v, k) => sum + v * a[k]!, 0);

/**
 * The weights of a weighted sum that also turns the losses towards the preference.
 *
 * g = r·L − λ cos(r, L), so that ∂g/∂L = r − λ (r / (‖r‖ ‖L‖) − (r·L) L / (‖r‖ ‖L‖³)). λ = 0 is the weighted sum. Where all losses are 0
 * the angle says nothing and the weights are r.
 *
 * @see Ruchte and Grabocka 2021, Scalable Pareto Front Approximation for Deep Multi-Objective Learning, arXiv:2103.13392 (COSMOS).
 * Differs from the paper: the loss alone, with one preference; there the preference is drawn anew for each batch and is an input of
 * the net. TorchJD: `COSMOS`, the same gradient.
 */
export const cosmos: Weighting = {
  name: "cosmos",
  sentence: "A weighted sum that also turns the losses towards the preference",
  paper: "Ruchte and Grabocka 2021, Scalable Pareto Front Approximation for Deep Multi-Objective Learning",
  formula: "L = r·L − λ cos(r, L)",
  differs:
    "In the paper the preference r is drawn anew for each batch and is an input of the net; here it is fixed. TorchJD (COSMOS): the same gradient.",
  needs: "losses",
  readsLosses: "now",
  options,
  init: (tasks, given): State => {
    const { lambda, weights } = resolveOptions(options, given, "weighting.options");
    return { lambda, preference: onePerTask("weights", weights, tasks.length) };
  },
  step: (before, { losses }) => {
    const { lambda, preference } = before as State;
    const tasks = presentTasks(losses);
    const r = preferenceOf(preference, tasks);
    const f = tasks.map((t) => losses[t]!);
    const [product, length] = [inner(r, f), Math.sqrt(inner(f, f))];
    const scale = Math.sqrt(r.reduce((sum, v) => sum + v * v, 0)) * length;
    const turn = (k: number) => (scale > 0 ? (lambda / scale) * (r[k]! - (product / length / length) * f[k]!) : 0);
    const weights = tasks.map((_, k) => r[k]! - turn(k));
    return { weights: spread(weights, tasks, losses.length), state: before };
  },
};
