import { type OptionSpecs, resolveOptions } from "../options.js";
import { type AdamMemory, adamMemory, adamStep } from "./adam-step.js";
import type { Json, Weighting } from "./weighting.js";

const options = {
  learning_rate: { type: "number", default: 0, min: 0, doc: "of s alone; 0: the model's learning rate" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly learningRate: number;
  readonly s: readonly number[];
  readonly memory: AdamMemory;
}

/**
 * A learned scale for each loss, so that all scaled losses tend to 1: Σ e^{s_t} L_t − s_t.
 *
 * The −s keeps the scale from shrinking to 0: at rest e^{s_t} = 1 / L_t. The loss itself takes part in the weighing, with no
 * assumption on its noise. s starts at 0, has no weight decay and its own Adam, with the gradient e^{s}L − 1 in closed form.
 *
 * It is `uncertainty` with −s for s and twice the value, for squared errors: after the same steps of plain gradient descent the
 * ratios of the weights agree.
 *
 * @see Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR 2021, loss balance.
 * Differs from LibMTL: there it is always joined with imtl-g. TorchJD: `IMTLL`, the same, with the caller's optimiser.
 */
export const imtlL: Weighting = {
  name: "imtl-l",
  sentence: "A learned scale for each loss, so that all scaled losses tend to 1",
  paper: "Liu et al. 2021, Towards Impartial Multi-task Learning",
  formula: "L = Σ_t e^(s_t) L_t − s_t",
  differs: "LibMTL always joins it with imtl-g. TorchJD (IMTLL): the same, with the caller's optimiser.",
  needs: "losses",
  readsLosses: "later",
  options,
  init: (tasks, given): State => {
    const { learning_rate } = resolveOptions(options, given, "weighting.options");
    return { learningRate: learning_rate, s: tasks.map(() => 0), memory: adamMemory(tasks.length) };
  },
  step: (before, { losses, learningRate }) => {
    const state = before as State;
    const scale = state.s.map(Math.exp);
    const gradient = losses.map((loss, i) => (loss === null ? null : scale[i]! * loss - 1));
    const { change, memory } = adamStep(state.memory, gradient, state.learningRate || learningRate);
    return { weights: scale, state: { ...state, s: state.s.map((s, i) => s - change[i]!), memory } };
  },
};
