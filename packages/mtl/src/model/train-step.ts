import { type Batch, random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { maskedMean } from "../layers/masked-mean.js";
import type { Context } from "../module.js";
import type { Adam } from "../optimisers/adam.js";
import type { ParameterSet } from "../parameter-set.js";
import type { Json, Weighting } from "../weightings/weighting.js";
import { withTape } from "./backward.js";
import { featureTensors, labelTensors } from "./batch-tensors.js";
import { type Combined, combine } from "./combine.js";
import type { Network } from "./network.js";
import type { Gradients } from "./task-gradients.js";

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
  readonly seed: number;
}

type Taken = Combined & { readonly losses: Record<string, number | null> };

function tapedLosses({ network, parameters }: Trainee, batch: Batch, context: Context) {
  const features = featureTensors(network, batch);
  const labels = labelTensors(network, batch);
  const outputs = network.forward(parameters.lookup, features, context);
  return network.heads.map(({ name, module, contract }) => {
    const label = labels[name];
    if (!label) return null;
    const loss = maskedMean(module.losses(outputs[name]!, label.target), label.mask);
    return { loss, scaled: tf.mul(loss, contract.loss_scale) as tf.Scalar };
  });
}

function batchGradients(trainee: Trainee, batch: Batch, options: TrainStepOptions): Taken {
  const { network, parameters, weighting } = trainee;
  const source = random(trainee.seed).fork(`step/${options.step}`);
  return withTape(
    () => tapedLosses(trainee, batch, { training: true, random: source.fork("forward") }),
    (taped, gradientsOf) => {
      const raw = taped.map((t) => (t ? t.loss.dataSync()[0]! : null));
      const losses = taped.map((t) => (t ? t.scaled.dataSync()[0]! : null));
      const { learningRate, step, epoch } = options;
      const inputs = { losses, learningRate, step, epoch, random: source.fork("weighting") };
      const onTape = { parameters, losses: taped.map((t) => t?.scaled ?? null), gradientsOf };
      return {
        ...combine(weighting, options.weighting, inputs, onTape),
        losses: Object.fromEntries(network.heads.map(({ name }, i) => [name, raw[i]!])),
      };
    },
  );
}

/** Euclidean norm of all gradients together. */
function normOf(gradients: Gradients): number {
  let sum = 0;
  for (const gradient of Object.values(gradients)) for (const g of gradient) sum += g * g;
  return Math.sqrt(sum);
}

/** One step down the weighted losses of a batch. */
export function trainStep(trainee: Trainee, batch: Batch, options: TrainStepOptions): TrainStepResult {
  const { gradients, weights, state, losses } = batchGradients(trainee, batch, options);
  const gradientNorm = normOf(gradients);
  const skipped = !Number.isFinite(gradientNorm);
  if (!skipped) {
    const { clipNorm = Number.POSITIVE_INFINITY, learningRate, weightDecay = 0 } = options;
    if (gradientNorm > clipNorm) {
      const factor = clipNorm / gradientNorm;
      for (const gradient of Object.values(gradients))
        for (let i = 0; i < gradient.length; i += 1) gradient[i]! *= factor;
    }
    trainee.adam.step(gradients, { learningRate, weightDecay });
  }
  const names = trainee.network.heads.map((head) => head.name);
  return {
    losses,
    weights: weights && Object.fromEntries(names.map((name, i) => [name, weights[i]!])),
    weighting: skipped ? options.weighting : state,
    gradientNorm,
    skipped,
  };
}
