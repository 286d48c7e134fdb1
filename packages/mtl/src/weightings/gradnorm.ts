import { diagonal } from "../linear-algebra/gramian.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import { type AdamMemory, adamMemory, adamStep } from "./adam-step.js";
import { refuseNegative } from "./positive-losses.js";
import { presentTasks } from "./present.js";
import type { GramianInputs, Json, Weighting } from "./weighting.js";

const options = {
  alpha: { type: "number", default: 1.5, doc: "how strongly slow tasks are favoured; 0: equal gradient lengths" },
  learning_rate: { type: "number", default: 0.025, above: 0, doc: "of the weights" },
  optimiser: { type: "choice", default: "adam", values: ["adam", "sgd"], doc: "of the weights" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly alpha: number;
  readonly learningRate: number;
  readonly optimiser: string;
  readonly w: readonly number[];
  /** Each task's first loss; null until it has been seen. */
  readonly first: readonly (number | null)[];
  readonly memory: AdamMemory;
}

/** ∂/∂w_t of Σ |w_t ‖g_t‖ − target_t| with the targets held fixed; null for tasks that are absent. */
function slopes(state: State, first: State["first"], { losses, gramian }: GramianInputs): (number | null)[] {
  const tasks = presentTasks(losses);
  const lengths = diagonal(gramian).map((square) => Math.sqrt(Math.max(0, square)));
  const own = tasks.map((t) => state.w[t]! * lengths[t]!);
  const meanLength = own.reduce((sum, length) => sum + length, 0) / tasks.length;
  const left = tasks.map((t) => (first[t]! > 0 ? losses[t]! / first[t]! : 1));
  const meanLeft = left.reduce((sum, ratio) => sum + ratio, 0) / tasks.length;
  const all: (number | null)[] = losses.map(() => null);
  tasks.forEach((t, k) => {
    const target = meanLength * (meanLeft > 0 ? left[k]! / meanLeft : 1) ** state.alpha;
    all[t] = Math.sign(own[k]! - target) * lengths[t]!;
  });
  return all;
}

/** Weights of at least 0 with sum m; those of before if none is left. */
function renormalised(w: readonly number[], before: readonly number[]): readonly number[] {
  const kept = w.map((weight) => Math.max(0, weight));
  const sum = kept.reduce((total, weight) => total + weight, 0);
  return sum > 0 && Number.isFinite(sum) ? kept.map((weight) => (weight * w.length) / sum) : before;
}

/**
 * Weights that pull the tasks' gradient lengths together, with more for the tasks that learn slowly.
 *
 * The weights descend Σ |w_t ‖g_t‖ − mean(w ‖g‖) · r_t^α|, the second term held fixed, with r_t = (L_t / L_t(0)) / its mean over tasks;
 * after each step they are brought back to Σ w = m. L_t(0) is the task's first loss. They start at 1.
 *
 * @throws PolypilotError `MTL_LOSS` if a loss is negative.
 * @see Chen et al. 2018, GradNorm: Gradient Normalization for Adaptive Loss Balancing, arXiv:1711.02257, Algorithm 1.
 * Differs from the paper: the gradients are those of all shared parameters, not of the last shared layer; the weights weigh the
 * shared parameters' gradients and heads keep their own; they are kept from turning negative. Differs from LibMTL: that learns
 * a softmax's logits with the model's optimiser, and begins with the second epoch.
 */
export const gradnorm: Weighting = {
  name: "gradnorm",
  sentence: "Weights that pull the gradients' lengths together, with more for the slow tasks",
  paper: "Chen et al. 2018, GradNorm: Gradient Normalization for Adaptive Loss Balancing",
  formula:
    "min over w of Σ_t abs(w_t‖g_t‖ − mean(w‖g‖) r_t^α), the target held fixed, r_t = (L_t/L_t(0)) / its mean; Σ w = m",
  differs:
    "The gradients are those of all shared parameters, in the paper of the last shared layer; heads keep their own gradients; weights are kept from turning negative. LibMTL learns a softmax's logits with the model's optimiser from the second epoch on.",
  needs: "gramian",
  readsLosses: "later",
  options,
  init: (tasks, given): State => {
    const { alpha, learning_rate, optimiser } = resolveOptions(options, given, "weighting.options");
    const w = tasks.map(() => 1);
    return { alpha, learningRate: learning_rate, optimiser, w, first: w.map(() => null), memory: adamMemory(w.length) };
  },
  step: (before, inputs) => {
    const state = before as State;
    refuseNegative("gradnorm", inputs.losses);
    const weights = state.w.map((weight, t) => (inputs.losses[t] === null ? 0 : weight));
    const first = state.first.map((loss, t) => loss ?? inputs.losses[t]!);
    const slope = slopes(state, first, inputs);
    if (slope.some((value) => value !== null && !Number.isFinite(value))) return { weights, state };
    const adam = adamStep(state.memory, slope, state.learningRate);
    const change = state.optimiser === "adam" ? adam.change : slope.map((value) => state.learningRate * (value ?? 0));
    const w = renormalised(
      state.w.map((weight, t) => weight - change[t]!),
      state.w,
    );
    return { weights, state: { ...state, w, first, memory: adam.memory } };
  },
};
