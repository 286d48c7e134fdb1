import { type Batch, random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { maskedMean } from "../layers/masked-mean.js";
import { gramian } from "../linear-algebra/gramian.js";
import type { GradientsOf } from "../model/backward.js";
import { featureTensors, labelTensors } from "../model/batch-tensors.js";
import type { MultiTaskModel } from "../model/create-model.js";
import type { TapeRequest } from "../model/tape.js";
import { gradientsIn, sharedRow, sharedSpecs } from "../model/task-gradients.js";
import type { Context } from "../module.js";
import type { RelationMeasurement } from "./relation-sums.js";

export interface MeasureOptions {
  /** Of the model: a measurement draws the same dropout as the training step of that number. */
  readonly seed: number;
  /** Steps done before. */
  readonly step: number;
  /** η of the look-ahead step, which is plain gradient descent; by default 0.001. */
  readonly lookaheadRate?: number;
}

/**
 * The trainer's default learning rate. On the simulator's driving data a tenth of it says the same to 1 %, so that float32 tells the losses
 * apart; ten times as much overshoots: a task's own step then raises its own loss.
 */
const LOOKAHEAD_RATE = 1e-3;

type Losses = readonly (tf.Scalar | null)[];

interface BatchTensors {
  readonly features: ReturnType<typeof featureTensors>;
  readonly labels: ReturnType<typeof labelTensors>;
}

/** A forward pass to the loss of each head after its `loss_scale`; null where the batch has no label of it. */
function lossesOf(
  { internals: { network, parameters } }: MultiTaskModel,
  batch: Batch,
  context: Context,
): Omit<TapeRequest<BatchTensors, Losses>, "variant"> {
  return {
    inputs: () => ({ features: featureTensors(network, batch), labels: labelTensors(network, batch) }),
    context,
    forward: ({ features, labels }, given) => {
      const outputs = network.forward(parameters.lookup, features, given);
      return network.heads.map(({ name, module, contract }) => {
        const label = labels[name];
        if (!label) return null;
        const loss = maskedMean(module.losses(outputs[name]!, label.target), label.mask);
        return tf.mul(loss, contract.loss_scale) as tf.Scalar;
      });
    },
  };
}

const valuesOf = (losses: Losses) => losses.map((loss) => (loss ? loss.dataSync()[0]! : null));

/** Each task's gradient in the shared parameters, side by side; zeros for a task without label. */
function rowsOf(model: MultiTaskModel, losses: Losses, gradientsOf: GradientsOf): Float32Array[] {
  const { parameters } = model.internals;
  const shared = sharedSpecs(parameters);
  return losses.map((loss) =>
    sharedRow(shared, loss ? gradientsIn(parameters, [{ loss, weight: 1 }], gradientsOf) : {}),
  );
}

/** Runs `use` with the shared parameters moved against a gradient, θ_s − η·row; then they are as they were, to the bit. */
function moved<R>({ internals: { parameters } }: MultiTaskModel, row: Float32Array, rate: number, use: () => R): R {
  const { fround } = Math;
  const step = fround(rate);
  const before = parameters.read();
  let offset = 0;
  try {
    for (const { name } of sharedSpecs(parameters)) {
      parameters.update(name, (values) => {
        for (let i = 0; i < values.length; i += 1) values[i]! -= fround(row[offset + i]! * step);
        offset += values.length;
      });
    }
    return use();
  } finally {
    for (const { name } of sharedSpecs(parameters)) parameters.update(name, (values) => values.set(before[name]!));
  }
}

/**
 * What one batch says of how the model's tasks stand to each other: inner products of their gradients in the shared parameters, and
 * each task's loss after a step for each one alone, its own head as it was.
 *
 * Leaves the model as it was, to the bit. Where the model's steps are compiled these passes are, with the same bits. Costs a forward pass and, for each task, a backward and a forward pass. Losses are after
 * `loss_scale` and before the weighting.
 */
export function measureRelations(model: MultiTaskModel, batch: Batch, options: MeasureOptions): RelationMeasurement {
  const { seed, step, lookaheadRate = LOOKAHEAD_RATE } = options;
  const context = (): Context => ({ training: true, step, random: random(seed).fork(`step/${step}`).fork("forward") });
  const { measuring } = model.internals;
  const { losses, rows } = measuring.run(
    {
      ...lossesOf(model, batch, context()),
      variant: "relations",
      expected: (taped) => taped.flatMap((loss) => (loss ? [[{ loss, weight: 1 }]] : [])),
    },
    (taped, gradientsOf) => ({ losses: valuesOf(taped), rows: rowsOf(model, taped, gradientsOf) }),
  );
  const lookahead = rows.map((row, i) => {
    if (losses[i] === null) return losses.map(() => null);
    const request = { ...lossesOf(model, batch, context()), variant: "look-ahead" };
    return moved(model, row, lookaheadRate, () => measuring.run(request, valuesOf));
  });
  return { losses, gramian: gramian(rows), lookahead };
}
