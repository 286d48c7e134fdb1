import { expect, it } from "vitest";
import { createModel } from "../model/create-model.js";
import { overfit } from "../testing/overfit.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { describeHead } from "./describe-head.js";

const contract = tinyContract();
const full = tinyContract(["options: { width: 3 }", "options: { width: 3, shrink: 1 }"]);
describeHead(contract, "reconstruction");
describeHead(full, "reconstruction");
describeHead(contract, "next_lidar");

it("answers with the distances that it learned, in metres", () => {
  const batch = randomBatch(contract, 2, 5);
  const { mean } = overfit(contract, "next_lidar", batch, 800);
  const truth = batch.labels.next_lidar!.data;
  const error = mean.reduce((sum, value, i) => sum + Math.abs(value - truth[i]!), 0) / mean.length;
  expect(error).toBeLessThan(0.4);
});

it("averages blocks of pixels for its target: shrink 2 answers half the sides, in intensity", () => {
  const batch = randomBatch(contract, 1, 5);
  const data = new Uint8Array(540).fill(200);
  const labels = { reconstruction: { shape: [1, 10, 18, 3], data, mask: Uint8Array.of(1) } };
  const { mean, shape } = overfit(contract, "reconstruction", { ...batch, labels }, 300);
  expect(shape).toEqual([5, 9, 3]);
  for (const value of mean) expect(Math.abs(value - 200)).toBeLessThan(12);
});

it("reads nothing but the shared vector", () => {
  const model = createModel(contract, { seed: 1, heads: ["reconstruction"] });
  const { parameters } = model.internals;
  const input = parameters.specs.find((spec) => spec.name === "head/reconstruction/dense/kernel")!;
  expect(input.shape[0]).toBe(12);
  model.dispose();
});
