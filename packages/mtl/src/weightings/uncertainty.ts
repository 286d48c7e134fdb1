import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  learning_rate: { type: "number", default: 0, min: 0, doc: "of s alone; 0: the model's learning rate" },
  initial: { type: "number", default: 0, doc: "first s = log σ² of each task" },
} as const satisfies OptionSpecs;

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

interface State {
  readonly [key: string]: Json;
  /** Factor a of each task's ae^{−s}L + ½s: ½ regression, 1 classification, 0 for a loss with its own σ. */
  readonly factor: readonly number[];
  readonly s: readonly number[];
  readonly m: readonly number[];
  readonly v: readonly number[];
  readonly steps: readonly number[];
  readonly learningRate: number;
}

const factorOf = { regression: 0.5, classification: 1, likelihood: 0 } as const;

/** One Adam step of s_i down its gradient ½ − a·e^{−s}·L. */
function stepOne(state: State, i: number, loss: number, learningRate: number) {
  const gradient = 0.5 - state.factor[i]! * Math.exp(-state.s[i]!) * loss;
  const steps = state.steps[i]! + 1;
  const m = ADAM.beta1 * state.m[i]! + (1 - ADAM.beta1) * gradient;
  const v = ADAM.beta2 * state.v[i]! + (1 - ADAM.beta2) * gradient * gradient;
  const scaled = m / (1 - ADAM.beta1 ** steps) / (Math.sqrt(v / (1 - ADAM.beta2 ** steps)) + ADAM.epsilon);
  return { s: state.s[i]! - learningRate * scaled, m, v, steps };
}

/**
 * Weights from each task's noise, which is learned along: Σ a_t e^{−s_t} L_t + ½ s_t with s = log σ².
 *
 * a is ½ for a squared error and 1 for a cross-entropy. A large noise makes a task count less; ½s keeps the noise from growing
 * without end. At rest e^{−s} = 1 / (2aL). s is learned, not σ, which keeps the weight positive without bounds; it has no
 * weight decay and its own Adam, with gradients in closed form.
 *
 * A loss that carries its own noise (gaussian-nll) is already a log-likelihood: its weight is 1 and it has no s.
 *
 * @see Kendall, Gal and Cipolla 2018, Multi-Task Learning Using Uncertainty to Weigh Losses, arXiv:1705.07115, equations 7, 10.
 */
export const uncertainty: Weighting = {
  name: "uncertainty",
  sentence: "Weights from each task's learned noise",
  paper: "Kendall et al. 2018, Multi-Task Learning Using Uncertainty to Weigh Losses",
  formula: "L = Σ_t a_t e^(−s_t) L_t + ½ s_t, s = log σ², a = ½ for squared errors, 1 for cross-entropies",
  differs: "A loss that carries its own noise (gaussian-nll) keeps weight 1. LibMTL takes a = ½ for all losses.",
  needs: "losses",
  readsLosses: "later",
  options,
  init: (tasks, given): State => {
    const { learning_rate, initial } = resolveOptions(options, given, "weighting.options");
    const zeros = tasks.map(() => 0);
    return {
      factor: tasks.map((task) => factorOf[task.lossKind]),
      s: tasks.map(() => initial),
      m: zeros,
      v: zeros,
      steps: zeros,
      learningRate: learning_rate,
    };
  },
  step: (before, { losses, learningRate }) => {
    const state = before as State;
    const next = losses.map((loss, i) =>
      loss === null || state.factor[i] === 0
        ? { s: state.s[i]!, m: state.m[i]!, v: state.v[i]!, steps: state.steps[i]! }
        : stepOne(state, i, loss, state.learningRate || learningRate),
    );
    return {
      weights: state.factor.map((a, i) => (a === 0 ? 1 : a * Math.exp(-state.s[i]!))),
      state: {
        ...state,
        s: next.map((n) => n.s),
        m: next.map((n) => n.m),
        v: next.map((n) => n.v),
        steps: next.map((n) => n.steps),
      },
    };
  },
};
