import { PolypilotError } from "@polypilot/core";
import type { Json, LossInputs, Trial, Weighting } from "./weighting.js";

export type OfLosses = Extract<Weighting, { readonly needs: "losses" }>;
export type OfGradients = Exclude<Weighting, OfLosses>;

interface State {
  readonly [key: string]: Json;
  readonly losses: Json;
  readonly gradients: Json;
}

const scaled = (losses: LossInputs["losses"], w: readonly number[]) =>
  losses.map((loss, t) => (loss === null ? null : loss * w[t]!));

type Options = Readonly<Record<string, unknown>>;

const isOptions = (value: unknown): value is Options =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function optionsOf({ losses = {}, gradients = {}, ...others }: Options): { losses: Options; gradients: Options } {
  if (isOptions(losses) && isOptions(gradients) && Object.keys(others).length === 0) return { losses, gradients };
  throw new PolypilotError("MTL_OPTION", ["mtl", "weighting.options"], {
    expected: "the options of two joined weightings are { losses: { … }, gradients: { … } }",
    found: JSON.stringify({ losses, gradients, ...others }),
    todo: "Put each option with its method",
  });
}

/** Products of rows that were scaled by w. @param matrix - [m·m], row-major. */
const scaledProducts = (matrix: Float64Array, w: readonly number[]) =>
  matrix.map((product, at) => product * w[Math.floor(at / w.length)]! * w[at % w.length]!);

/**
 * A method on gradients that sees the losses as another method weighs them.
 *
 * The loss weighting decides w; the gradient method is given the losses w_t L_t and their gradients w_t g_t, and what it makes of
 * them is for the losses themselves again: its weights times w. Each head takes the gradient of w_t L_t. With `equal` it is the
 * gradient method alone.
 *
 * @param ofLosses - a weighting that needs losses and asks for nothing after the step.
 * @param options.losses - the loss weighting's options; `options.gradients` - the gradient method's.
 * @see Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR 2021: IMTL joins imtl-l and imtl-g in this way.
 */
export function joined(ofLosses: OfLosses, ofGradients: OfGradients): OfGradients {
  const reads = new Set([ofLosses.readsLosses, ofGradients.readsLosses].filter((when) => when !== undefined));
  const common = {
    name: `${ofLosses.name}+${ofGradients.name}`,
    sentence: `${ofGradients.sentence}, on losses weighed by ${ofLosses.name}`,
    paper: `${ofLosses.paper}; ${ofGradients.paper}`,
    options: {},
    init: (tasks: Parameters<Weighting["init"]>[0], given: Readonly<Record<string, unknown>>): State => {
      const { losses, gradients } = optionsOf(given);
      return { losses: ofLosses.init(tasks, losses), gradients: ofGradients.init(tasks, gradients) };
    },
    ...(ofLosses.before && {
      before: (state: Json, trial: Trial): State => {
        const { losses, gradients } = state as State;
        return { losses: ofLosses.before!(losses, trial), gradients };
      },
    }),
    ...(ofGradients.tracksGradients && { tracksGradients: true as const }),
    ...(reads.size > 0 && { readsLosses: reads.has("now") ? ("now" as const) : ("later" as const) }),
  };
  const weigh = (state: Json, inputs: LossInputs) => {
    const { weights, state: losses } = ofLosses.step((state as State).losses, inputs);
    return { w: weights, losses, own: (state as State).gradients };
  };
  if (ofGradients.needs === "gramian") {
    return {
      ...common,
      needs: "gramian",
      ...(ofGradients.draws && { draws: ofGradients.draws }),
      step: (state, inputs) => {
        const { w, losses, own } = weigh(state, inputs);
        const { gramian, crossGramian } = inputs;
        const stepped = ofGradients.step(own, {
          ...inputs,
          losses: scaled(inputs.losses, w),
          gramian: scaledProducts(gramian, w),
          ...(crossGramian && { crossGramian: scaledProducts(crossGramian, w) }),
        });
        const weights = stepped.weights.map((v, t) => v * w[t]!);
        return { weights, headWeights: w, state: { losses, gradients: stepped.state } };
      },
    };
  }
  return {
    ...common,
    needs: "jacobian",
    step: (state, inputs) => {
      const { w, losses, own } = weigh(state, inputs);
      const jacobian = inputs.jacobian.map((row, t) => Float64Array.from(row, (value) => value * w[t]!));
      const stepped = ofGradients.step(own, { ...inputs, losses: scaled(inputs.losses, w), jacobian });
      const weights = stepped.weights?.map((v, t) => v * w[t]!);
      const { direction, state: gradients } = stepped;
      return { direction, ...(weights && { weights }), headWeights: w, state: { losses, gradients } };
    },
  };
}
