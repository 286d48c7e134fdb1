import { softmax } from "../linear-algebra/simplex.js";
import { type OptionSpecs, resolveOptions } from "../options.js";
import type { Json, LossInputs, Weighting } from "./weighting.js";

const options = {
  temperature: { type: "number", default: 2, above: 0, doc: "large: weights stay alike" },
} as const satisfies OptionSpecs;

interface State {
  readonly [key: string]: Json;
  readonly temperature: number;
  readonly epoch: number;
  /** Of the epoch that runs. */
  readonly sums: readonly number[];
  readonly counts: readonly number[];
  /** Mean losses of the last two whole epochs, oldest first; null where a task had no label. */
  readonly averages: readonly (readonly (number | null)[])[];
}

/** The state at the first step of another epoch: the means of the last one are kept, the sums begin anew. */
function rolled(state: State, epoch: number): State {
  if (epoch === state.epoch) return state;
  const zeros = state.sums.map(() => 0);
  if (state.counts.every((count) => count === 0)) return { ...state, epoch };
  const average = state.sums.map((total, i) => (state.counts[i]! > 0 ? total / state.counts[i]! : null));
  return { ...state, epoch, sums: zeros, counts: zeros, averages: [...state.averages, average].slice(-2) };
}

/** m · softmax(newer / older / temperature). A task with no ratio counts as one that stands still. */
function weightsOf({ averages, temperature, sums }: State): number[] {
  const [older, newer] = averages;
  if (!older || !newer) return sums.map(() => 1);
  const rates = older.map((before, i) => {
    const rate = before === null || newer[i] == null ? 1 : newer[i] / before;
    return (Number.isFinite(rate) ? rate : 1) / temperature;
  });
  return [...softmax(rates)].map((weight) => weight * rates.length);
}

function withLosses(state: State, losses: LossInputs["losses"]): State {
  return {
    ...state,
    sums: state.sums.map((total, i) => total + (losses[i] ?? 0)),
    counts: state.counts.map((count, i) => count + (losses[i] === null ? 0 : 1)),
  };
}

/**
 * More weight for the tasks whose loss falls slowest from epoch to epoch.
 *
 * w_t = m · softmax_t(r / temperature), r_t = L_t(epoch − 1) / L_t(epoch − 2), with an epoch's mean loss as L. In the first two
 * epochs every weight is 1. The weights sum to m.
 *
 * @see Liu, Johns and Davison 2019, End-to-End Multi-Task Learning with Attention, arXiv:1803.10704, dynamic weight average.
 * Differs from the authors' code: none known; their epoch means are of training losses too. TorchJD: `DWA` with `step()` after
 * each epoch gives the same numbers.
 */
export const dwa: Weighting = {
  name: "dwa",
  sentence: "More weight for the tasks whose loss falls slowest from epoch to epoch",
  paper: "Liu et al. 2019, End-to-End Multi-Task Learning with Attention",
  formula: "w_t = m · softmax_t(r / T), r_t = L_t(k−1) / L_t(k−2), k epochs",
  differs: "Nothing known; TorchJD (DWA) with step() after each epoch gives the same numbers.",
  needs: "losses",
  readsLosses: "later",
  options,
  init: (tasks, given): State => {
    const { temperature } = resolveOptions(options, given, "weighting.options");
    const zeros = tasks.map(() => 0);
    return { temperature, epoch: 0, sums: zeros, counts: zeros, averages: [] };
  },
  step: (before, { losses, epoch }) => {
    const state = rolled(before as State, epoch);
    return { weights: weightsOf(state), state: withLosses(state, losses) };
  },
};
