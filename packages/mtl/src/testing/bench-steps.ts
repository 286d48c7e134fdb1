import { type Batch, type Contract, random, sizeOf } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { compiledTape } from "../compiled/compiled-tape.js";
import { createModel } from "../model/create-model.js";
import type { Network } from "../model/network.js";
import { type Trainee, trainStep } from "../model/train-step.js";
import type { Context } from "../module.js";
import { createAdam } from "../optimisers/adam.js";
import { createParameterSet, type ParameterSet } from "../parameter-set.js";
import { equal } from "../weightings/equal.js";
import type { PeerSubject } from "./peer-work.js";
import { randomBatch } from "./random-batch.js";

/** Samples in a step that is timed. */
export const BATCH = 16;
/** A way to do the same step. */
export interface Way {
  readonly name: string;
  readonly step: (step: number) => unknown;
  readonly dispose: () => void;
}

export interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/**
 * Medians, step by step in turn, so that what else the machine does meets all ways alike.
 *
 * As many steps go before those that count: the graph is made in them, and machine code of the JavaScript around it.
 */
export function measure(ways: readonly Way[], steps: number): Cost[] {
  const costs = ways.map(() => [] as Cost[]);
  for (let at = 0; at < 2 * steps; at += 1) {
    for (const [i, way] of ways.entries()) {
      const [cpu, wall] = [process.cpuUsage(), performance.now()];
      way.step(at);
      const { user, system } = process.cpuUsage(cpu);
      if (at >= steps) costs[i]!.push({ cpuMs: (user + system) / 1000, wallMs: performance.now() - wall });
    }
  }
  return costs.map((own) => ({ cpuMs: middle(own.map((c) => c.cpuMs)), wallMs: middle(own.map((c) => c.wallMs)) }));
}

function batchOf({ specs }: Network, answer: readonly number[]): Batch {
  const { uniform } = random(1);
  const filled = (shape: readonly number[]) => Float32Array.from({ length: sizeOf(shape) }, () => uniform());
  const image = [BATCH, ...specs.image!.shape];
  const label = [BATCH, ...answer];
  const mask = new Uint8Array(BATCH).fill(1);
  return {
    size: BATCH,
    features: { image: { shape: image, data: filled(image) } },
    labels: { task: { shape: label, data: filled(label), mask } },
  };
}

function weightsOf({ specs, read }: ParameterSet): ReturnType<PeerSubject["weights"]> {
  const values = read();
  return Object.fromEntries(specs.map(({ name, shape }) => [name, { shape, values: values[name]! }]));
}

/** One training step of a bare network. */
export function networkWay(
  name: string,
  network: Network,
  answer: readonly number[],
  compile: boolean,
): Way & PeerSubject {
  const batch = batchOf(network, answer);
  const parameters = createParameterSet(network.parameters, 1);
  const tape = compile ? compiledTape({ parameters }) : null;
  const trainee: Trainee = {
    ...{ network, parameters, adam: createAdam(parameters), weighting: equal, seed: 1 },
    ...(tape && { tape }),
  };
  return {
    name,
    batch,
    weights: () => weightsOf(parameters),
    step: (step) =>
      trainStep(trainee, batch, { weighting: null, learningRate: 1e-4, clipNorm: 5, step, epoch: 0 }).losses,
    dispose: () => {
      const fallback = tape?.report().fallback;
      tape?.dispose();
      parameters.dispose();
      if (fallback) throw new Error(`The step was not compiled: ${fallback}.`);
    },
  };
}

/** The step as TensorFlow.js alone does it: none of its operations fused, its own Adam. */
export function plainWay(network: Network, answer: readonly number[]): Way {
  const batch = batchOf(network, answer);
  const [image, task] = [batch.features.image!, batch.labels.task!];
  const parameters = createParameterSet(network.parameters, 1);
  const variables = new Map(network.parameters.map(({ name }) => [name, tf.variable(parameters.lookup(name))]));
  const adam = tf.train.adam(1e-4);
  const { module } = network.heads[0]!;
  const context: Context = { training: true, random: random(1) };
  const loss = () => {
    const x = tf.tensor(image.data as Float32Array, [...image.shape]);
    const { task: output } = network.forward((name) => variables.get(name)!, { image: x }, context);
    return tf.mean(module.losses(output!, module.target(task))) as tf.Scalar;
  };
  return {
    name: "TensorFlow.js alone",
    step: () => {
      const value = adam.minimize(loss, true, [...variables.values()]);
      value?.dataSync();
      value?.dispose();
    },
    dispose: () => {
      adam.dispose();
      for (const variable of variables.values()) variable.dispose();
      parameters.dispose();
    },
  };
}

/** One training step of the model that a contract describes. */
export function modelWay(name: string, contract: Contract, compile: boolean): Way & PeerSubject {
  const batch = randomBatch(contract, BATCH, 1);
  const model = createModel(contract, { seed: 1, compile });
  let weighting = model.initialWeighting();
  return {
    name,
    batch,
    weights: () => weightsOf(model.internals.parameters),
    step: (step) => {
      const done = model.trainStep(batch, { weighting, learningRate: 1e-3, clipNorm: 5, step, epoch: 0 });
      weighting = done.weighting;
      return done.losses;
    },
    dispose: model.dispose,
  };
}
