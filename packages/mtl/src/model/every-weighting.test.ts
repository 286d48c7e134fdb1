import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { weightings } from "../weightings/index.js";
import type { Json } from "../weightings/weighting.js";
import { createModel, type MultiTaskModel } from "./create-model.js";

beforeAll(async () => {
  await loadBackend();
});

/** Options that a method cannot do without. */
const needed: Readonly<Record<string, string>> = { constant: ", options: { weights: [1, 2, 1, 1, 0.5, 1, 1] }" };

const batchOf = (step: number) => randomBatch(tinyContract(), 4, step, (head, i) => (head.length + i + step) % 4 !== 0);

function train(model: MultiTaskModel, from: number, to: number, start: Json): Json {
  let weighting = start;
  for (let step = from; step < to; step += 1) {
    const options = { weighting, learningRate: 0.01, clipNorm: 5, step, epoch: Math.floor(step / 2) };
    const result = model.trainStep(batchOf(step), options);
    expect(result.skipped).toBe(false);
    weighting = result.weighting;
  }
  return weighting;
}

describe.each(weightings.map((weighting) => weighting.name))("a model under the weighting %s", (method) => {
  const contract = tinyContract(["method: uncertainty", `method: ${method}${needed[method] ?? ""}`]);

  it("trains with labels missing here and there, and goes on bit for bit from a saved state", () => {
    const tensors = tf.memory().numTensors;
    const [straight, first, second] = [1, 2, 3].map(() => createModel(contract, { seed: 2 })) as [
      MultiTaskModel,
      MultiTaskModel,
      MultiTaskModel,
    ];
    train(straight, 0, 5, straight.initialWeighting());
    const saved = JSON.parse(JSON.stringify(train(first, 0, 2, first.initialWeighting()))) as Json;
    second.setWeights(first.getWeights());
    second.setOptimiser(first.getOptimiser());
    train(second, 2, 5, saved);
    expect(second.getWeights()).toEqual(straight.getWeights());
    expect(straight.getWeights()).not.toEqual(first.getWeights());
    for (const model of [straight, first, second]) model.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
