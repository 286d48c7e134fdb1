import type { Json, LossInputs, Weighting } from "./weighting.js";

type OfLosses = Extract<Weighting, { readonly needs: "losses" }>;
type OfGradients = Exclude<Weighting, OfLosses>;

interface State {
  readonly [key: string]: Json;
  readonly losses: Json;
  readonly gradients: Json;
}

const scaled = (losses: LossInputs["losses"], w: readonly number[]) =>
  losses.map((loss, t) => (loss === null ? null : loss * w[t]!));

/** Products of rows that were scaled by w. @param matrix - [m·m], row-major. */
const scaledProducts = (matrix: Float64Array, w: readonly number[]) =>
  matrix.map((product, at) => product * w[Math.floor(at / w.length)]! * w[at % w.length]!);

/**
 * A method on gradients that sees the losses as another method weighs them.
 *
 * The loss weighting decides w; the gradient method is given the losses w_t L_t and their gradients w_t g_t, and what it makes of
 * them is for the losses themselves again: its weights times w. With `equal` it is the gradient method alone.
 *
 * @param ofLosses - a weighting that needs losses and asks for nothing after the step.
 * @param options.losses - the loss weighting's options; `options.gradients` - the gradient method's.
 * @see Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR 2021: IMTL joins imtl-l and imtl-g in this way.
 */
export function joined(ofLosses: OfLosses, ofGradients: OfGradients): OfGradients {
  const common = {
    name: `${ofLosses.name}+${ofGradients.name}`,
    sentence: `${ofGradients.sentence}, on losses weighed by ${ofLosses.name}`,
    paper: `${ofLosses.paper}; ${ofGradients.paper}`,
    options: {},
    init: (tasks: Parameters<Weighting["init"]>[0], given: Readonly<Record<string, unknown>>): State => ({
      losses: ofLosses.init(tasks, (given.losses ?? {}) as Record<string, unknown>),
      gradients: ofGradients.init(tasks, (given.gradients ?? {}) as Record<string, unknown>),
    }),
    ...((ofLosses.readsLosses || ofGradients.readsLosses) && { readsLosses: true as const }),
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
        return { weights: stepped.weights.map((v, t) => v * w[t]!), state: { losses, gradients: stepped.state } };
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
      return { direction: stepped.direction, ...(weights && { weights }), state: { losses, gradients: stepped.state } };
    },
  };
}
