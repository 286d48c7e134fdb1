import { random, sizeOf } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { createModel } from "../model/create-model.js";
import { factorisedWeights } from "../model/factorised-weights.js";
import { initialise, type ParameterSpec } from "../module.js";
import { builtArchitecture, lossesOnVectors } from "../testing/built-architecture.js";
import { randomBatch } from "../testing/random-batch.js";
import { vectorContract } from "../testing/vector-contract.js";
import { describeArchitecture } from "./describe-architecture.js";
import { tensorFactorisation } from "./tensor-factorisation.js";
import { factorise } from "./tensor-factors.js";

beforeAll(async () => {
  await loadBackend();
});

const kinds = ["laf", "tucker", "tt"] as const;
for (const factorisation of kinds) describeArchitecture(tensorFactorisation, { size: 8, factorisation });

const kernelOf = (shape: readonly number[]): ParameterSpec => ({
  name: "k",
  shape,
  initialiser: { kind: "he", fanIn: 10 },
});
const stack = (shape: readonly number[], tasks: number) => {
  const source = random(7);
  return Array.from({ length: tasks }, () => Float32Array.from({ length: sizeOf(shape) }, () => source.normal()));
};

/** The kernels that a decomposition makes, task by task. */
function rebuilt(kind: (typeof kinds)[number], shape: readonly number[], kernels: Float32Array[], share: number) {
  const kernel = factorise(kind, kernelOf(shape), kernels.length, share);
  const { factors, columns } = kernel.decompose(kernels);
  kernel.factors.forEach((spec, i) => {
    expect(factors[i]!.length).toBe(sizeOf(spec.shape));
  });
  const answers = tf.tidy(() => {
    const basis = kernel.basis(kernel.factors.map((spec, i) => tf.tensor(factors[i]!, [...spec.shape])));
    expect(basis.shape).toEqual([sizeOf(shape), kernel.rank]);
    return columns.map((s) => tf.matMul(basis, tf.tensor2d(s, [kernel.rank, 1])).dataSync());
  });
  return answers.map((a) => Float32Array.from(a));
}

const error = (a: Float32Array[], b: Float32Array[]) => {
  const square = (rows: Float32Array[]) => rows.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0);
  return Math.sqrt(square(a.map((row, t) => row.map((x, i) => x - b[t]![i]!))) / square(a));
};

describe.each(kinds)("factorising by %s", (kind) => {
  it.each([[[3, 3, 2, 5]], [[7, 4]], [[2, 9]]])("gives a stack of kernels %j back at full rank", (shape) => {
    const kernels = stack(shape, 3);
    expect(error(kernels, rebuilt(kind, shape, kernels, 1))).toBeLessThan(1e-6);
  });

  it("gets nearer as the rank grows, and hits kernels that are of low rank", () => {
    const kernels = stack([6, 5], 4);
    const errors = [0.25, 0.5, 0.75, 1].map((share) => error(kernels, rebuilt(kind, [6, 5], kernels, share)));
    for (const i of [1, 2, 3]) expect(errors[i]).toBeLessThan(errors[i - 1]!);
    const [a, b] = [
      [1, 2, -1, 0.5],
      [3, 0, 1, -2],
    ];
    const low = [1, -2, 3, 0.5].map((s) =>
      Float32Array.from({ length: 16 }, (_, i) => s * a![Math.floor(i / 4)]! * b![i % 4]!),
    );
    expect(error(low, rebuilt(kind, [4, 4], low, 0.25))).toBeLessThan(1e-6);
  });
});

it("makes all tasks' kernels collinear at laf's rank 1", () => {
  const [a, b] = rebuilt("laf", [4, 3], stack([4, 3], 2), 0.5) as [Float32Array, Float32Array];
  const ratio = a[0]! / b[0]!;
  a.forEach((x, i) => {
    expect(x).toBeCloseTo(ratio * b[i]!, 5);
  });
});

it.each([
  ["laf", 60 * 2],
  ["tucker", 2 * 2 * 3 * 2 + 3 * 2 + 4 * 2 + 5 * 3],
  ["tt", 3 * 2 + 2 * 4 * 4 + 4 * 5 * 2],
] as const)("trains the exact number of numbers: %s", (kind, count) => {
  // A kernel [3, 4, 5] of 4 tasks at half the ranks: the task axis has rank 2.
  const { factors, rank } = factorise(kind, kernelOf([3, 4, 5]), 4, 0.5);
  expect(rank).toBe(2);
  expect(factors.reduce((sum, spec) => sum + sizeOf(spec.shape), 0)).toBe(count);
});

it.each(kinds)("gives fresh kernels the variance of a layer of their own: %s", (kind) => {
  const kernel = factorise(kind, { ...kernelOf([20, 6]), initialiser: { kind: "he", fanIn: 20 } }, 6, 0.5);
  const square = (seed: number) => {
    const fresh = (spec: ParameterSpec) => tf.tensor(initialise(spec, random(seed).fork(spec.name)), [...spec.shape]);
    const column = { name: "s", shape: [kernel.rank, 1], initialiser: { kind: "he", fanIn: 2 * kernel.rank } } as const;
    const mean = tf.tidy(() => {
      const values = tf.matMul(kernel.basis(kernel.factors.map(fresh)), fresh(column) as tf.Tensor2D);
      return tf.mean(tf.square(values));
    });
    const [value] = mean.dataSync();
    mean.dispose();
    return value!;
  };
  const mean = Array.from({ length: 200 }, (_, seed) => square(seed)).reduce((a, b) => a + b) / 200;
  expect(Math.abs(mean / (2 / 20) - 1)).toBeLessThan(0.25);
});

it.each(kinds)("starts from nets that were trained alone, and is those nets at full rank: %s", (factorisation) => {
  const apart = vectorContract("{ architecture: soft, options: { size: 8, strength: 0 } }");
  const options = `{ size: 8, share: 1, factorisation: ${factorisation} }`;
  const contract = vectorContract(`{ architecture: tensor-factorisation, options: ${options} }`);
  const [alone, model] = [createModel(apart, { seed: 5 }), createModel(contract, { seed: 6 })];
  model.setWeights(factorisedWeights(contract, alone.getWeights()));
  const batch = randomBatch(contract, 5, 1);
  const [wanted, found] = [alone, model].map((m) => m.evaluate(batch).predictions);
  wanted!.steering!.mean.forEach((x, i) => {
    expect(found!.steering!.mean[i]).toBeCloseTo(x, 5);
  });
  const [before, after] = [alone, model].map((m) => m.evaluate(batch).losses.sign!);
  expect(after).toBeCloseTo(before!, 5);
  for (const m of [alone, model]) m.dispose();
});

it("lets a task train the shared factors and its own column, and no other's", () => {
  const built = builtArchitecture(tensorFactorisation, { options: { size: 8 } });
  const gradients = built.gradients("sign");
  const moves = (name: string) => Array.from(gradients[name] ?? []).some((g) => g !== 0);
  for (const part of ["core", "mode4"]) expect(moves(`factors/encoder/camera/conv2/kernel/${part}`)).toBe(true);
  expect(moves("sign/column/fusion/dense/kernel")).toBe(true);
  expect(gradients["steering/column/fusion/dense/kernel"]).toBeNull();
  built.parameters.dispose();
});

it.each(kinds)("learns a number and a class from plain vectors: %s", (kind) => {
  const { before, after } = lossesOnVectors(
    `{ architecture: tensor-factorisation, options: { size: 8, factorisation: ${kind} } }`,
    15,
  );
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
