import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import type { CompiledTape } from "../compiled/compiled-tape.js";
import { withTape } from "../model/backward.js";
import { featureTensors, labelTensors } from "../model/batch-tensors.js";
import { createModel, type MultiTaskModel } from "../model/create-model.js";
import { gradientsIn } from "../model/task-gradients.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { vectorContract } from "../testing/vector-contract.js";
import { measureRelations } from "./measure-relations.js";

const { name: backend, missing } = await loadBackend();
const native = backend === "tensorflow";
if (missing) console.warn(`skipped: the native TensorFlow library does not load (${missing})`);

const contract = vectorContract("{ architecture: hard }");
const options = { seed: 3, step: 0 };

/** The gradient of one head's loss in all parameters, taken by itself. */
function gradientOf(model: MultiTaskModel, head: number, batch: ReturnType<typeof randomBatch>) {
  const { network, parameters } = model.internals;
  return withTape(
    () => {
      const context = { training: true, step: 0, random: { fork: () => null } as never };
      const outputs = network.forward(parameters.lookup, featureTensors(network, batch), context);
      const { name, module } = network.heads[head]!;
      return tf.mean(module.losses(outputs[name]!, labelTensors(network, batch)[name]!.target)) as tf.Scalar;
    },
    (loss, gradientsOf) => gradientsIn(parameters, [{ loss, weight: 1 }], gradientsOf),
  );
}

describe("measureRelations", () => {
  it("tells each task's loss after a plain step for another in the shared parameters alone, heads as they were", () => {
    const model = createModel(contract, { seed: 3 });
    const batch = randomBatch(contract, 16, 7);
    const rate = 0.05;
    const { losses, lookahead, gramian } = measureRelations(model, batch, { ...options, lookaheadRate: rate });
    const before = model.evaluate(batch).losses;
    expect(losses).toEqual(model.heads.map((head) => expect.closeTo(before[head]!, 5)));
    for (const [i] of model.heads.entries()) {
      const gradients = gradientOf(model, i, batch);
      const shared = model.internals.parameters.specs
        .filter((spec) => spec.owner === "shared")
        .map((spec) => spec.name);
      const other = createModel(contract, { seed: 3 });
      const weights = other.getWeights();
      let square = 0;
      for (const name of shared) {
        const gradient = gradients[name]!;
        square += gradient.reduce((sum, g) => sum + g * g, 0);
        weights[name] = weights[name]!.map((w, k) => w - rate * gradient[k]!);
      }
      other.setWeights(weights);
      const after = other.evaluate(batch).losses;
      expect(lookahead[i]).toEqual(model.heads.map((head) => expect.closeTo(after[head]!, 5)));
      expect(gramian[i * 2 + i]).toBeCloseTo(square, 5);
      expect(lookahead[i]![i]).toBeLessThan(losses[i]!);
      other.dispose();
    }
    model.dispose();
  });

  it("agrees to first order: a step for i lowers L_j by η g_i·g_j", () => {
    const model = createModel(contract, { seed: 4 });
    const batch = randomBatch(contract, 32, 1);
    const rate = 1e-3;
    const { losses, lookahead, gramian } = measureRelations(model, batch, { ...options, lookaheadRate: rate });
    for (const i of [0, 1])
      for (const j of [0, 1]) {
        const fall = (losses[j]! - lookahead[i]![j]!) / rate;
        const scale = Math.sqrt(gramian[i * 2 + i]! * gramian[j * 2 + j]!);
        expect(Math.abs(fall - gramian[i * 2 + j]!)).toBeLessThan(0.03 * scale);
      }
    model.dispose();
  });

  it("changes no weight and keeps no tensor, and a training step after it has the same bits", () => {
    const batch = randomBatch(contract, 8, 5);
    const [measured, plain] = [createModel(contract, { seed: 3 }), createModel(contract, { seed: 3 })] as const;
    const { numTensors } = tf.memory();
    const weights = measured.getWeights();
    measureRelations(measured, batch, options);
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(measured.getWeights()).toEqual(weights);
    for (const model of [measured, plain])
      model.trainStep(batch, { weighting: model.initialWeighting(), learningRate: 0.01, step: 0, epoch: 0 });
    expect(measured.getWeights()).toEqual(plain.getWeights());
    for (const model of [measured, plain]) model.dispose();
  });

  it.skipIf(!native)("says the same bits where its passes are compiled, and so do the training steps between", () => {
    const all = tinyContract();
    const [plain, compiled] = [createModel(all, { seed: 2 }), createModel(all, { seed: 2, compile: true })] as const;
    let [a, b] = [plain.initialWeighting(), compiled.initialWeighting()];
    for (let step = 0; step < 5; step += 1) {
      const batch = randomBatch(all, 4, step, (head) => step !== 3 || head !== "markings");
      expect(measureRelations(compiled, batch, { seed: 3, step })).toEqual(
        measureRelations(plain, batch, { seed: 3, step }),
      );
      const common = { learningRate: 0.01, step, epoch: 0 };
      a = plain.trainStep(batch, { ...common, weighting: a }).weighting;
      b = compiled.trainStep(batch, { ...common, weighting: b }).weighting;
    }
    expect(compiled.getWeights()).toEqual(plain.getWeights());
    const { fallback, graphs, runs } = (compiled.internals.measuring as CompiledTape).report();
    expect(fallback).toBeNull();
    expect(graphs).toBeGreaterThanOrEqual(2);
    expect(runs).toBeGreaterThan(10);
    for (const model of [plain, compiled]) model.dispose();
  });

  it("is silent on a task without label, and counts loss_scale", () => {
    const all = tinyContract();
    const model = createModel(all, { seed: 2 });
    const batch = randomBatch(all, 4, 1, (head) => head !== "markings");
    const { losses, gramian, lookahead } = measureRelations(model, batch, options);
    const m = model.heads.length;
    const at = model.heads.indexOf("markings");
    const sign = model.heads.indexOf("sign");
    expect(losses[at]).toBeNull();
    expect(lookahead[at]!.every((loss) => loss === null)).toBe(true);
    expect(lookahead.every((row) => row[at] === null)).toBe(true);
    expect(gramian[at * m + at]).toBe(0);
    expect(losses[sign]).toBeCloseTo(0.5 * model.evaluate(batch).losses.sign!, 4);
    model.dispose();
  });

  it("sees no shared parameters where tasks have nets of their own", () => {
    const soft = vectorContract("{ architecture: soft }");
    const model = createModel(soft, { seed: 2 });
    const { gramian, losses, lookahead } = measureRelations(model, randomBatch(soft, 4, 1), options);
    expect([...(gramian as Float64Array)]).toEqual([0, 0, 0, 0]);
    expect(lookahead).toEqual([losses, losses]);
    model.dispose();
  });
});
