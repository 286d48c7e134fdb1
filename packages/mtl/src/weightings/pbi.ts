import { type OptionSpecs, resolveOptions } from "../options.js";
import { onePerTask } from "./preference.js";
import { presentTasks, spread } from "./present.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  theta: { type: "number", default: 5, min: 0, doc: "penalty of the distance from the preferred direction" },
  weights: { type: "numbers", default: [], doc: "preferred direction w of the losses; left out: all alike" },
  reference: { type: "numbers", default: [], doc: "ideal loss z* of each task; left out: 0" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly theta: number;
  readonly direction: readonly number[];
  readonly reference: readonly number[];
}

const lengthOf = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/**
 * The weights of the penalty-based boundary intersection: low losses in a preferred proportion.
 *
 * g = d_1 + θ d_2 with d_1 = (L − z*)·ŵ, d_2 = ‖(L − z*) − d_1 ŵ‖ and ŵ = w / ‖w‖: how far along the preferred direction, and how far from
 * it. ∂g/∂L = ŵ + θ ((L − z*) − d_1 ŵ) / d_2; on the direction itself, ŵ. A weight is negative for a task that is better off than the
 * proportion allows.
 *
 * @see Zhang and Li 2007, MOEA/D: A Multiobjective Evolutionary Algorithm Based on Decomposition (the PBI approach).
 * Differs from the paper: descended by gradients, not by evolution. TorchJD: `PBI`, the same gradient but for 1e-12 under its root.
 */
export const pbi: Weighting = {
  name: "pbi",
  sentence: "Low losses in a preferred proportion: the way along it, and a penalty for the way from it",
  paper: "Zhang and Li 2007, MOEA/D: A Multiobjective Evolutionary Algorithm Based on Decomposition",
  formula: "L = d_1 + θ d_2, d_1 = (L − z*)·ŵ, d_2 = ‖(L − z*) − d_1 ŵ‖",
  differs:
    "Descended by gradients, in the paper by evolution. TorchJD (PBI): the same gradient but for 1e-12 under its root.",
  needs: "losses",
  readsLosses: "now",
  options,
  init: (tasks, given): State => {
    const { theta, weights, reference } = resolveOptions(options, given, "weighting.options");
    const direction = onePerTask("weights", weights, tasks.length);
    return {
      theta,
      direction: direction.length > 0 ? direction : tasks.map(() => 1),
      reference: onePerTask("reference", reference, tasks.length),
    };
  },
  step: (before, { losses }) => {
    const { theta, direction, reference } = before as State;
    const tasks = presentTasks(losses);
    const preferred = tasks.map((t) => direction[t]!);
    const length = lengthOf(preferred);
    const unit = preferred.map((w) => (length > 0 ? w / length : 0));
    const f = tasks.map((t) => losses[t]! - (reference[t] ?? 0));
    const along = f.reduce((sum, value, k) => sum + value * unit[k]!, 0);
    const away = f.map((value, k) => value - along * unit[k]!);
    const distance = lengthOf(away);
    // Below the rounding of f there is no side to be on.
    const pull = distance > 1e-12 * lengthOf(f) ? theta / distance : 0;
    const weights = unit.map((w, k) => w + pull * away[k]!);
    return { weights: spread(weights, tasks, losses.length), state: before };
  },
};
