import type { Batch } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import type { Json } from "../weightings/weighting.js";
import { createModel, type MultiTaskModel } from "./create-model.js";

const contract = tinyContract();
const equalContract = tinyContract(["method: uncertainty", "method: equal"]);
beforeAll(async () => {
  await loadBackend();
});

function train(model: MultiTaskModel, from: number, to: number, start: Json, batchOf: (step: number) => Batch): Json {
  let weighting = start;
  for (let step = from; step < to; step += 1) {
    weighting = model.trainStep(batchOf(step), {
      weighting,
      learningRate: 0.01,
      weightDecay: 0.01,
      clipNorm: 5,
      step,
      epoch: 0,
    }).weighting;
  }
  return weighting;
}

const sometimes = (step: number) => randomBatch(contract, 4, step, (head, i) => (head.length + i + step) % 3 !== 0);
const namesOf = (model: MultiTaskModel, owner: (name: string) => boolean) =>
  Object.keys(model.getWeights()).filter(owner);

describe("a model", () => {
  it("counts its parameters by owner", () => {
    const model = createModel(contract, { seed: 1 });
    const { total, shared, byHead } = model.parameters;
    expect(byHead.lane_offset).toBe(12 + 1);
    expect(byHead.steering).toBe(12 * 8 + 8 + 2 * (8 + 1));
    expect(shared + Object.values(byHead).reduce((a, b) => a + b)).toBe(total);
    expect(total).toBe(Object.values(model.getWeights()).reduce((sum, w) => sum + w.length, 0));
    model.dispose();
  });

  it("starts alike for the same seed and differently for another", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => createModel(contract, { seed }));
    expect(a!.getWeights()).toEqual(b!.getWeights());
    expect(a!.getWeights()["fusion/dense/kernel"]).not.toEqual(c!.getWeights()["fusion/dense/kernel"]);
    for (const model of [a, b, c]) model!.dispose();
  });

  it("refuses heads that the contract does not have", () => {
    expect(() => createModel(contract, { seed: 1, heads: ["speed"] })).toThrow(/speed/);
  });

  it("says which stream's feature does not fit", () => {
    const model = createModel(contract, { seed: 1 });
    const batch = randomBatch(contract, 2, 1);
    const features = { ...batch.features, lidar: { shape: [2, 9], data: new Float32Array(18) } };
    const wrong = () => model.evaluate({ ...batch, features });
    expect(wrong).toThrow(expect.objectContaining({ code: "MTL_BATCH", message: expect.stringContaining("lidar") }));
    model.dispose();
  });
});

describe("training", () => {
  it("lowers every head's loss on the data that it sees", () => {
    const model = createModel(contract, { seed: 1 });
    const batch = randomBatch(contract, 4, 1);
    const before = model.evaluate(batch).losses;
    train(model, 0, 120, model.initialWeighting(), () => batch);
    const after = model.evaluate(batch).losses;
    for (const head of model.heads) expect(after[head]).toBeLessThan(before[head]!);
    model.dispose();
  });

  it("never lets one head's loss touch another head's parameters", () => {
    const model = createModel(equalContract, { seed: 1 });
    const before = model.getWeights();
    train(model, 0, 3, model.initialWeighting(), (s) => randomBatch(contract, 3, s, (head) => head === "lane_offset"));
    const after = model.getWeights();
    for (const name of namesOf(model, (n) => n.startsWith("head/") && !n.startsWith("head/lane_offset/"))) {
      expect(after[name]).toEqual(before[name]);
    }
    expect(after["head/lane_offset/mean/kernel"]).not.toEqual(before["head/lane_offset/mean/kernel"]);
    expect(after["fusion/dense/kernel"]).not.toEqual(before["fusion/dense/kernel"]);
    model.dispose();
  });

  it("goes on bit for bit from saved weights, optimiser and weighting", () => {
    const dropout = tinyContract(["options: { sizes: [8, 6] }", "options: { sizes: [8, 6], dropout: 0.3 }"]);
    const straight = createModel(dropout, { seed: 5 });
    train(straight, 0, 6, straight.initialWeighting(), sometimes);
    const first = createModel(dropout, { seed: 5 });
    const weighting = train(first, 0, 3, first.initialWeighting(), sometimes);
    const saved = JSON.parse(JSON.stringify(weighting)) as Json;
    const second = createModel(dropout, { seed: 5 });
    second.setWeights(first.getWeights());
    second.setOptimiser(first.getOptimiser());
    train(second, 3, 6, saved, sometimes);
    expect(second.getWeights()).toEqual(straight.getWeights());
    for (const model of [straight, first, second]) model.dispose();
  });

  it("keeps the number of tensors", () => {
    const start = tf.memory().numTensors;
    const model = createModel(contract, { seed: 1 });
    const weighting = train(model, 0, 2, model.initialWeighting(), sometimes);
    const before = tf.memory().numTensors;
    train(model, 2, 8, weighting, sometimes);
    model.evaluate(sometimes(3));
    model.setWeights(model.getWeights());
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });

  it("keeps the number of tensors where a batch is refused", () => {
    const model = createModel(contract, { seed: 1 });
    const before = tf.memory().numTensors;
    const batch = randomBatch(contract, 2, 1);
    const labels = { ...batch.labels, sign: { shape: [2, 3], data: new Uint8Array(6), mask: Uint8Array.of(1, 1) } };
    const options = { weighting: model.initialWeighting(), learningRate: 0.01, step: 0, epoch: 0 };
    expect(() => model.trainStep({ ...batch, labels }, options)).toThrow(/label/);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it("changes nothing where a gradient is not finite, and says so", () => {
    const model = createModel(contract, { seed: 1 });
    const before = model.getWeights();
    const batch = randomBatch(contract, 2, 1);
    const labels = {
      ...batch.labels,
      lane_offset: { shape: [2, 1], data: Float32Array.of(Number.NaN, 0), mask: Uint8Array.of(1, 1) },
    };
    const weighting = model.initialWeighting();
    const result = model.trainStep({ ...batch, labels }, { weighting, learningRate: 0.01, step: 0, epoch: 0 });
    expect(result).toMatchObject({ skipped: true, weighting });
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  it("changes nothing from a batch without any label", () => {
    const model = createModel(contract, { seed: 1 });
    const before = model.getWeights();
    train(model, 0, 2, model.initialWeighting(), (s) => randomBatch(contract, 2, s, () => false));
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  it("scales gradients down to clipNorm: a first SGD-like direction is kept", () => {
    const model = createModel(equalContract, { seed: 1 });
    const batch = randomBatch(contract, 4, 1);
    const options = { weighting: model.initialWeighting(), learningRate: 0, step: 0, epoch: 0 };
    const { gradientNorm } = model.trainStep(batch, options);
    const plain = model.getOptimiser().mean["fusion/dense/kernel"]!;
    const clipped = createModel(equalContract, { seed: 1 });
    clipped.trainStep(batch, { ...options, clipNorm: gradientNorm / 4 });
    const small = clipped.getOptimiser().mean["fusion/dense/kernel"]!;
    plain.forEach((g, i) => {
      expect(small[i]).toBeCloseTo(g / 4, 6);
    });
    model.dispose();
    clipped.dispose();
  });
});

describe("a model with fewer heads", () => {
  it("starts as the full one does and takes its weights", () => {
    const full = createModel(contract, { seed: 1 });
    const single = createModel(contract, { seed: 1, heads: ["steering"] });
    const all = full.getWeights();
    for (const [name, values] of Object.entries(single.getWeights())) expect(values).toEqual(all[name]);
    full.dispose();
    single.dispose();
  });

  it("answers with the same bits after the other heads are deleted", () => {
    const full = createModel(contract, { seed: 1 });
    train(full, 0, 4, full.initialWeighting(), sometimes);
    const single = createModel(contract, { seed: 9, heads: ["steering"] });
    single.setWeights(full.getWeights());
    const batch = randomBatch(contract, 3, 77);
    expect(single.evaluate(batch).predictions.steering).toEqual(full.evaluate(batch).predictions.steering);
    expect(full.evaluate(batch, ["steering"]).predictions).toEqual(single.evaluate(batch).predictions);
    expect(single.parameters.total).toBeLessThan(full.parameters.total);
    full.dispose();
    single.dispose();
  });

  it("refuses weights that lack a parameter or have another shape", () => {
    const model = createModel(contract, { seed: 1 });
    const { "fusion/dense/bias": bias, ...rest } = model.getWeights();
    expect(() => model.setWeights(rest)).toThrow(/fusion\/dense\/bias/);
    expect(() => model.setWeights({ ...rest, "fusion/dense/bias": bias!.slice(1) })).toThrow(/12 numbers/);
    model.dispose();
  });
});
