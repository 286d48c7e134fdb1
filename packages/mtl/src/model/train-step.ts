import { type Batch, PolypilotError, random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { maskedMean } from "../layers/masked-mean.js";
import { dotFloat32 } from "../loops/loops.js";
import type { Context } from "../module.js";
import type { Adam } from "../optimisers/adam.js";
import type { ParameterSet } from "../parameter-set.js";
import type { Half, Json, Weighting } from "../weightings/weighting.js";
import { type Anchor, anchorGradients } from "./anchor.js";
import { featureTensors, labelTensors } from "./batch-tensors.js";
import { type Combined, combine } from "./combine.js";
import type { Network } from "./network.js";
import { notedRepresentation } from "./representation-gradients.js";
import { eagerTape, type Tape, type TapeRequest } from "./tape.js";
import { addGradients, type Gradients, gradientsIn } from "./task-gradients.js";
import { batchTrial, termsOf } from "./trial.js";
import { type Rates, withRates } from "./with-rates.js";

/** How one step of training is done. */
export interface TrainStepOptions {
  /** The weighting's state: `initialWeighting()` at first, then what the step before returned. */
  readonly weighting: Json;
  readonly learningRate: number;
  readonly weightDecay?: number;
  /** Largest norm of all gradients together; larger ones are scaled down to it. */
  readonly clipNorm?: number;
  /** Steps done before; names the step's random numbers, so that a resumed run draws the same. */
  readonly step: number;
  readonly epoch: number;
  /**
   * The heads whose losses count; by default all. The others are as if the batch had no label of them: their losses are null, and the
   * parameters that only they reach have no gradient at all, which is not a gradient of 0: Adam leaves such a parameter, its running
   * means and its number of updates as they are, whatever momentum it had, and weight decay passes it by. Only the architecture's
   * penalty and the anchor, which belong to no head, still reach them.
   */
  readonly tasks?: readonly string[];
  /**
   * Holds parameters to earlier values (elastic weight consolidation, successive regularisation). It belongs to no task: its gradient is
   * added to what the weighting decided. A step whose batch has no label at all changes nothing, anchored or not.
   */
  readonly anchor?: Anchor;
  /** Factors of the learning rate, on top of the parameters' own; 0 freezes a parameter for this step. */
  readonly rates?: Rates;
}

/** What one step of training did. */
export interface TrainStepResult {
  /** Loss of each head before its `loss_scale`; null where the batch has no label of it. */
  readonly losses: Readonly<Record<string, number | null>>;
  /** Weight of each head's loss in this step; null where the method names none. */
  readonly weights: Readonly<Record<string, number>> | null;
  readonly weighting: Json;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** True if a gradient was not finite: no parameter was changed. */
  readonly skipped: boolean;
}

/** The parts of a model that a step of training works on. */
export interface Trainee {
  readonly network: Network;
  readonly parameters: ParameterSet;
  readonly adam: Adam;
  readonly weighting: Weighting;
  /** What a method on gradients is told; by default `parameters`. */
  readonly gradients?: "parameters" | "representation";
  readonly seed: number;
  /** How a step's passes are run; by default operation by operation. */
  readonly tape?: Tape;
}

type Taken = Combined & { readonly losses: Record<string, number | null> };

type Losses = readonly (tf.Scalar | null)[];

interface ForwardLosses {
  /** Before and after `loss_scale`. */
  readonly raw: Losses;
  readonly scaled: Losses;
  readonly draws: readonly [Losses, Losses] | null;
  readonly penalty: tf.Scalar | null;
}

/** A batch as the forward pass reads it. */
interface BatchTensors {
  readonly features: ReturnType<typeof featureTensors>;
  readonly labels: ReturnType<typeof labelTensors>;
}

/** Losses of a batch; with `draws`, those of the even and of the odd samples too. */
function forwardLosses(
  { network, parameters }: Trainee,
  { features, labels }: BatchTensors,
  context: Context,
  draws: boolean,
): ForwardLosses {
  const outputs = network.forward(parameters.lookup, features, context, context.tasks);
  const perSample = network.heads.map(({ name, module }) => {
    const label = labels[name];
    return label ? { losses: module.losses(outputs[name]!, label.target), mask: label.mask } : null;
  });
  const scaleOf = (i: number) => network.heads[i]!.contract.loss_scale;
  const timesScale = (loss: tf.Scalar, i: number) =>
    scaleOf(i) === 1 ? loss : (tf.mul(loss, scaleOf(i)) as tf.Scalar);
  const scaled = (means: Losses) => means.map((loss, i) => loss && timesScale(loss, i));
  const raw = perSample.map((p) => p && maskedMean(p.losses, p.mask));
  const draw = (parity: 0 | 1) => {
    const chosen = ({ size }: tf.Tensor) =>
      tf.tensor1d(Float32Array.from({ length: size }, (_, i) => +(i % 2 === parity)));
    return scaled(perSample.map((p) => p && maskedMean(p.losses, tf.mul(p.mask, chosen(p.mask)) as tf.Tensor1D)));
  };
  const penalty = network.penalty?.(parameters.lookup, features, context) ?? null;
  return { raw, scaled: scaled(raw), draws: draws ? [draw(0), draw(1)] : null, penalty };
}

const valuesOf = (losses: Losses) => losses.map((loss) => (loss ? loss.dataSync()[0]! : null));

const forwardContext = (trainee: Trainee, { step, tasks }: Pick<TrainStepOptions, "step" | "tasks">): Context => ({
  training: true,
  step,
  ...(tasks ? { tasks } : {}),
  random: random(trainee.seed).fork(`step/${step}`).fork("forward"),
});

const batchTensors =
  ({ network }: Trainee, batch: Batch, tasks?: readonly string[]) =>
  (): BatchTensors => ({
    features: featureTensors(network, batch),
    labels: labelTensors(network, batch, tasks),
  });

const weightingRandom = ({ seed }: Trainee, step: number) => random(seed).fork(`step/${step}`).fork("weighting");

/** The sums whose gradients the weighting will want, as far as that is known before the losses; see `Tape`. */
function expectedSums(trainee: Trainee, options: TrainStepOptions, { scaled, draws, penalty }: ForwardLosses) {
  const { weighting } = trainee;
  const single = (loss: tf.Scalar | null) => (loss ? [[{ loss, weight: 1 }]] : []);
  const always = single(penalty);
  if (weighting.needs !== "losses") return [...[scaled, ...(draws ?? [])].flat().flatMap(single), ...always];
  if (weighting.readsLosses === "now") return always;
  const losses = scaled.map((loss) => (loss ? 0 : null));
  const { learningRate, step, epoch } = options;
  const inputs = { losses, learningRate, step, epoch, random: weightingRandom(trainee, step) };
  const { weights } = weighting.step(options.weighting, inputs);
  return [scaled.flatMap((loss, t) => (loss ? [{ loss, weight: weights[t]! }] : [])), ...always];
}

function batchGradients(trainee: Trainee, batch: Batch, options: TrainStepOptions): Taken {
  const { network, parameters, weighting, tape = eagerTape } = trainee;
  const { learningRate, step, epoch, tasks } = options;
  const twice = weighting.needs === "gramian" && weighting.draws === 2;
  const inRepresentation = trainee.gradients === "representation";
  const request: TapeRequest<BatchTensors, ForwardLosses & { readonly noted: readonly tf.Tensor[] }> = {
    inputs: batchTensors(trainee, batch, tasks),
    context: forwardContext(trainee, options),
    variant: JSON.stringify(["step", tasks ?? null]),
    expected: (value) => expectedSums(trainee, options, value),
    forward: (tensors, context) => {
      let noted: readonly tf.Tensor[] = [];
      const tap = notedRepresentation((representation) => {
        noted = representation;
      });
      const losses = forwardLosses(trainee, tensors, { ...context, ...(inRepresentation && { tap }) }, twice);
      return { ...losses, noted };
    },
  };
  return tape.run(request, ({ raw, scaled, draws, penalty, noted }, gradientsOf, gradientsFrom) => {
    const source = weightingRandom(trainee, step);
    const inputs = { losses: valuesOf(scaled), learningRate, step, epoch, random: source };
    const representation = inRepresentation && { representation: { tensors: noted, gradientsFrom } };
    const taped = { parameters, losses: scaled, gradientsOf, ...(draws ? { draws } : {}), ...representation };
    const values = valuesOf(raw);
    const combined = combine(weighting, options.weighting, inputs, taped);
    const regular =
      penalty && Object.keys(combined.gradients).length > 0
        ? gradientsIn(parameters, [{ loss: penalty, weight: 1 }], gradientsOf)
        : {};
    return {
      ...combined,
      gradients: addGradients(combined.gradients, regular),
      losses: Object.fromEntries(network.heads.map(({ name }, i) => [name, values[i]!])),
    };
  });
}

/** Lets a weighting that asks for it try what a step would do: on the even samples, judged by the odd ones. */
function stateBefore(trainee: Trainee, batch: Batch, options: TrainStepOptions): Json {
  const { weighting, parameters, tape = eagerTape } = trainee;
  if (!weighting.before) return options.weighting;
  const request = (): TapeRequest<BatchTensors, { readonly halves: Readonly<Record<Half, Losses>> }> => ({
    inputs: batchTensors(trainee, batch, options.tasks),
    context: forwardContext(trainee, options),
    variant: JSON.stringify(["before", options.tasks ?? null]),
    forward: (tensors, context) => {
      const [train, held] = forwardLosses(trainee, tensors, context, true).draws!;
      return { halves: { train, held } };
    },
  });
  const trial = batchTrial(parameters, options.learningRate, {
    values: (half) => tape.run(request(), ({ halves }) => valuesOf(halves[half])),
    gradients: (half, weights) =>
      tape.run(request(), ({ halves }, gradientsOf) =>
        gradientsIn(parameters, termsOf(halves[half], weights), gradientsOf),
      ),
  });
  return weighting.before(options.weighting, trial);
}

/** Tells a weighting that asks for it what the step did to the batch's losses. */
function stateAfter(trainee: Trainee, batch: Batch, options: TrainStepOptions, state: Json): Json {
  const { weighting, tape = eagerTape } = trainee;
  const { after } = weighting.needs === "losses" ? weighting : {};
  if (!after) return state;
  const request: TapeRequest<BatchTensors, { readonly scaled: Losses }> = {
    inputs: batchTensors(trainee, batch, options.tasks),
    context: forwardContext(trainee, options),
    variant: JSON.stringify(["after", options.tasks ?? null]),
    forward: (tensors, context) => ({ scaled: forwardLosses(trainee, tensors, context, false).scaled }),
  };
  return tape.run(request, ({ scaled }) => after(state, valuesOf(scaled)));
}

/** Euclidean norm of all gradients together. */
function normOf(gradients: Gradients): number {
  return Math.sqrt(Object.values(gradients).reduce((sum, gradient) => sum + dotFloat32(gradient, gradient), 0));
}

function checkTasks({ network }: Trainee, tasks: readonly string[] = []): void {
  const names = network.heads.map(({ name }) => name);
  const unknown = tasks.find((task) => !names.includes(task));
  if (unknown === undefined) return;
  throw new PolypilotError("MTL_HEAD", ["mtl", "training step"], {
    expected: `tasks among the model's heads ${names.join(", ")}`,
    found: unknown,
    todo: "Correct its spelling",
  });
}

/** One step down the weighted losses of a batch. @throws PolypilotError `MTL_HEAD` if `tasks` names a head that the model has not. */
export function trainStep(whole: Trainee, batch: Batch, options: TrainStepOptions): TrainStepResult {
  const { rates } = options;
  const trainee = rates ? { ...whole, parameters: withRates(whole.parameters, rates) } : whole;
  checkTasks(trainee, options.tasks);
  const {
    gradients: decided,
    weights,
    state,
    losses,
  } = batchGradients(trainee, batch, {
    ...options,
    weighting: stateBefore(trainee, batch, options),
  });
  const held =
    options.anchor && Object.keys(decided).length > 0 ? anchorGradients(trainee.parameters, options.anchor) : {};
  const gradients = addGradients(decided, held);
  const gradientNorm = normOf(gradients);
  const skipped = !Number.isFinite(gradientNorm);
  if (!skipped) {
    const { clipNorm = Number.POSITIVE_INFINITY, learningRate, weightDecay = 0 } = options;
    const scale = gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
    trainee.adam.step(gradients, { learningRate, scale, weightDecay, ...(rates ? { rates } : {}) });
  }
  const names = trainee.network.heads.map((head) => head.name);
  return {
    losses,
    weights: weights && Object.fromEntries(names.map((name, i) => [name, weights[i]!])),
    weighting: skipped ? options.weighting : stateAfter(trainee, batch, options, state),
    gradientNorm,
    skipped,
  };
}
