import { PolypilotError } from "@polypilot/core";
import { softmax } from "../linear-algebra/simplex.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { type AdamMemory, adamMemory, adamStep } from "./adam-step.js";
import { refuseNegative } from "./positive-losses.js";
import { onePerTask } from "./preference.js";
import { presentTasks, spread } from "./present.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  lr: { type: "number", default: 0.025, min: 0, doc: "learning rate of the logits" },
  weight_decay: { type: "number", default: 0.001, min: 0, doc: "pull of the logits to 0 (the paper's γ)" },
  min_losses: { type: "numbers", default: [], doc: "lower bound of each loss; left out: 0" },
} as const satisfies OptionSpecs;

const EPSILON = 1e-8;

interface State {
  readonly [key: string]: Json;
  readonly learningRate: number;
  readonly decay: number;
  readonly bounds: readonly number[];
  readonly logits: readonly number[];
  readonly memory: AdamMemory;
  /** Losses of the step whose effect is not known yet. */
  readonly pending: readonly (number | null)[] | null;
}

const above = (state: State, losses: readonly (number | null)[]) =>
  losses.map((loss, i) => (loss === null ? null : loss - (state.bounds[i] ?? 0) + EPSILON));

/** Σ_t over the softmax's Jacobian: z_t (δ_t − Σ z δ). */
function throughSoftmax(z: ArrayLike<number>, delta: readonly number[]): number[] {
  const meanDelta = delta.reduce((total, d, k) => total + z[k]! * d, 0);
  return delta.map((d, k) => z[k]! * (d - meanDelta));
}

/**
 * Weights under which all losses fall at the same relative rate, learned from what each step did to them.
 *
 * The model descends c · Σ z_t log L_t with z = softmax(ξ) and c = 1 / Σ z_t / L_t, which makes the weights w_t = c z_t / L_t sum
 * to 1. After the step the losses of the same batch are measured again, and ξ takes an Adam step along
 * δ_t = log L_t(before) − log L_t(after), so that a task which fell more gets less. It costs one forward pass more than equal
 * weights, and no gradients of single tasks.
 *
 * @throws PolypilotError `MTL_AFTER` if two steps come without `after` between them: the weights would never learn.
 * @throws PolypilotError `MTL_LOSS` if a loss is negative.
 * @see Liu et al. 2023, FAMO: Fast Adaptive Multitask Optimization, arXiv:2306.03792, Algorithm 2.
 * Differs from the authors' code: weight decay 1e-3 as in the paper, theirs 1e-5. TorchJD: `FAMO`, the same, with `update`
 * for `after`.
 */
export const famo: Weighting = {
  name: "famo",
  sentence: "Weights under which all losses fall at the same relative rate",
  paper: "Liu et al. 2023, FAMO: Fast Adaptive Multitask Optimization",
  formula: "w_t = c z_t / L_t, z = softmax(ξ), c = 1 / Σ z_t/L_t; ξ by Adam along log L_t(before) − log L_t(after)",
  differs:
    "Weight decay 1e-3 as in the paper, 1e-5 in the authors' code. TorchJD (FAMO): the same, with update for after.",
  needs: "losses",
  readsLosses: "now",
  options,
  init: (tasks, given): State => {
    const { lr, weight_decay, min_losses } = resolveOptions(options, given, "weighting.options");
    return {
      learningRate: lr,
      decay: weight_decay,
      bounds: onePerTask("min_losses", min_losses, tasks.length),
      logits: tasks.map(() => 0),
      memory: adamMemory(tasks.length),
      pending: null,
    };
  },
  step: (before, { losses }) => {
    const state = before as State;
    if (state.pending !== null) {
      throw new PolypilotError("MTL_AFTER", ["mtl", "weighting.famo"], {
        expected: "famo is told the batch's losses again after each step",
        found: "a second step without them",
        todo: "Use another weighting where the trainer cannot measure them",
      });
    }
    const tasks = presentTasks(losses);
    const distance = above(state, losses);
    refuseNegative("famo", distance);
    const z = softmax(tasks.map((t) => state.logits[t]!));
    const total = tasks.reduce((sum, t, k) => sum + z[k]! / distance[t]!, 0);
    const weights = spread(
      z.map((share, k) => share / distance[tasks[k]!]! / total),
      tasks,
      losses.length,
    );
    return { weights, state: { ...state, pending: losses } };
  },
  after: (before, losses) => {
    const state = before as State;
    if (state.pending === null) return state;
    const [old, now] = [above(state, state.pending), above(state, losses)];
    refuseNegative("famo", now);
    const tasks = presentTasks(state.pending).filter((t) => losses[t] !== null);
    const delta = tasks.map((t) => Math.log(old[t]!) - Math.log(now[t]!));
    const slope = throughSoftmax(softmax(tasks.map((t) => state.logits[t]!)), delta);
    const gradient: (number | null)[] = losses.map(() => null);
    tasks.forEach((t, k) => {
      gradient[t] = slope[k]! + state.decay * state.logits[t]!;
    });
    const { change, memory } = adamStep(state.memory, gradient, state.learningRate);
    return { ...state, pending: null, memory, logits: state.logits.map((logit, i) => logit - change[i]!) };
  },
};
