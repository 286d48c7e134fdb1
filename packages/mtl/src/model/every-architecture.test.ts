import { beforeAll, describe, expect, it } from "vitest";
import { architectures } from "../architectures/index.js";
import { loadBackend } from "../backend.js";
import { randomBatch } from "../testing/random-batch.js";
import { vectorContract } from "../testing/vector-contract.js";
import type { Json } from "../weightings/weighting.js";
import { createModel, type MultiTaskModel } from "./create-model.js";

beforeAll(async () => {
  await loadBackend();
});

const contractOf = (architecture: string, method: string) => ({
  ...vectorContract(`{ architecture: ${architecture} }`),
  weighting: { method, options: {} },
});

function train(model: MultiTaskModel, from: number, to: number, start: Json): Json {
  let weighting = start;
  for (let step = from; step < to; step += 1) {
    const batch = randomBatch(model.contract, 4, step, (head, i) => (head.length + i + step) % 4 !== 0);
    const result = model.trainStep(batch, { weighting, learningRate: 0.01, weightDecay: 0.01, step, epoch: 0 });
    expect(result.skipped).toBe(false);
    weighting = result.weighting;
  }
  return weighting;
}

const answers = new Map<string, readonly number[]>();

describe.each(architectures.map((architecture) => architecture.name))("a model of the architecture %s", (name) => {
  it.each(["equal", "mgda"])("goes on bit for bit from a saved state, its penalty and all: %s", (method) => {
    const contract = contractOf(name, method);
    const [straight, first, resumed] = [1, 2, 3].map(() => createModel(contract, { seed: 2 })) as [
      MultiTaskModel,
      MultiTaskModel,
      MultiTaskModel,
    ];
    train(straight, 0, 4, straight.initialWeighting());
    const weighting = JSON.parse(JSON.stringify(train(first, 0, 2, first.initialWeighting()))) as Json;
    resumed.setWeights(first.getWeights());
    resumed.setOptimiser(first.getOptimiser());
    train(resumed, 2, 4, weighting);
    expect(resumed.getWeights()).toEqual(straight.getWeights());
    if (method === "equal") {
      const { predictions } = straight.evaluate(randomBatch(contract, 8, 99));
      answers.set(name, [...predictions.steering!.mean]);
    }
    for (const model of [straight, first, resumed]) model.dispose();
  });
});

it("answers by no two architectures the same after the same training", () => {
  expect(answers.size).toBe(architectures.length);
  for (const numbers of answers.values()) expect(numbers.every(Number.isFinite)).toBe(true);
  const all = [...answers.entries()];
  for (const [i, [name, a]] of all.entries()) {
    for (const [other, b] of all.slice(i + 1)) {
      const largest = a.reduce((most, x, k) => Math.max(most, Math.abs(x - b[k]!)), 0);
      expect([name, other, largest > 1e-5]).toEqual([name, other, true]);
    }
  }
});
