import { adamStep } from "../loops/loops.js";
import type { ParameterSet } from "../parameter-set.js";

/** What Adam remembers of each parameter. A value: it goes into a file and comes back, and training resumes exactly. */
export interface AdamState {
  /** Running means of the gradient and of its square, by parameter. */
  readonly mean: Readonly<Record<string, Float32Array>>;
  readonly square: Readonly<Record<string, Float32Array>>;
  /** Updates made, by parameter: one that got no gradient in a step is left alone in it. */
  readonly steps: Readonly<Record<string, number>>;
}

interface AdamOptions {
  readonly learningRate: number;
  /** Factor of all gradients; 1 by default. */
  readonly scale?: number;
  /** Share of each kernel taken away per unit of learning rate; biases have none. */
  readonly weightDecay?: number;
  /** Factors of the learning rate by parameter, on top of its own. */
  readonly rates?: Readonly<Record<string, number>>;
}

export interface Adam {
  step(gradients: Readonly<Record<string, Float32Array>>, options: AdamOptions): void;
  read(): AdamState;
  write(state: AdamState): void;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

type Slot = { readonly mean: Float32Array; readonly square: Float32Array; steps: number };

/**
 * Adam with decoupled weight decay, in float32.
 *
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − η·m̂/(√v̂ + ε) − η·λ·θ, in WebAssembly, four numbers at a time. TensorFlow.js's own
 * Adam runs a dozen small operations a parameter, which takes longer for nets of this size, and its state is harder to save and restore.
 * Running means below 1.2e-38 in size, the smallest normal number, become 0, as in TensorFlow's kernels.
 *
 * A parameter that is absent from a step's gradients keeps its value, its running means and its number of updates: no momentum and no
 * weight decay moves it, and its next bias correction counts its own updates only. A gradient that is there and 0 is an update like
 * any other, in which momentum goes on.
 *
 * @see Kingma and Ba 2015, Adam, arXiv:1412.6980; Loshchilov and Hutter 2019, Decoupled Weight Decay, arXiv:1711.05101.
 */
export function createAdam(parameters: ParameterSet): Adam {
  const slots = new Map<string, Slot>();
  const slotOf = (name: string, size: number): Slot => {
    const slot = slots.get(name) ?? { mean: new Float32Array(size), square: new Float32Array(size), steps: 0 };
    slots.set(name, slot);
    return slot;
  };
  return {
    step: (gradients, { learningRate, scale = 1, weightDecay = 0, rates }) => {
      for (const { name, shape, rateFactor = 1 } of parameters.specs) {
        const gradient = gradients[name];
        if (!gradient) continue;
        const slot = slotOf(name, gradient.length);
        slot.steps += 1;
        const rate = learningRate * rateFactor * (rates?.[name] ?? 1);
        const decay = shape.length > 1 ? rate * weightDecay : 0;
        const spread = Math.sqrt(1 - BETA2 ** slot.steps);
        const scalars = { scale, rate: (rate * spread) / (1 - BETA1 ** slot.steps), epsilon: EPSILON * spread, decay };
        parameters.update(name, (values) => adamStep({ values, ...slot }, gradient, scalars));
      }
    },
    read: () => ({
      mean: Object.fromEntries([...slots].map(([name, s]) => [name, s.mean.slice()])),
      square: Object.fromEntries([...slots].map(([name, s]) => [name, s.square.slice()])),
      steps: Object.fromEntries([...slots].map(([name, s]) => [name, s.steps])),
    }),
    write: (state) => {
      slots.clear();
      for (const [name, steps] of Object.entries(state.steps)) {
        slots.set(name, { mean: state.mean[name]!.slice(), square: state.square[name]!.slice(), steps });
      }
    },
  };
}
