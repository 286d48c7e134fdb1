import type { HeadContract } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { buildNetwork } from "../model/network.js";
import { overfit } from "../testing/overfit.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { describeHead } from "./describe-head.js";

const contract = tinyContract();
beforeAll(async () => {
  await loadBackend();
});

describeHead(contract, "steering");
describeHead(contract, "lane_offset");
describeHead(contract, "curvature");

function lossAt(head: string, output: Record<string, number[]>, label: number[]): number {
  const { module } = buildNetwork(contract, [head]).heads[0]!;
  const tensor = tf.tidy(() => {
    const parts = Object.entries(output).map(([part, values]) => [part, tf.tensor2d([values])]);
    const labels = { shape: [1, label.length], data: Float32Array.from(label), mask: Uint8Array.of(1) };
    return module.losses(Object.fromEntries(parts), module.target(labels));
  });
  const value = tensor.dataSync()[0]!;
  tensor.dispose();
  return value;
}

it("has Gauss's negative log-likelihood as loss, with the constant that makes 0 its least value", () => {
  // Range [−0.4, 0.5]: middle 0.05, half 0.45. The label 0.275 is 0.5 half ranges from the middle.
  const [mean, s] = [0.2, -1.3];
  expect(lossAt("steering", { mean: [mean], log_variance: [s] }, [0.275])).toBeCloseTo(
    0.5 * (s + 7 + (0.5 - mean) ** 2 * Math.exp(-s)),
    5,
  );
});

it("compares epochs by the squared error in half ranges, blind to σ, where the contract says so", () => {
  const steering = { ...contract.heads.steering!, options: { choose_by: "squared-error" } } as HeadContract;
  const { module } = buildNetwork({ ...contract, heads: { ...contract.heads, steering } }, ["steering"]).heads[0]!;
  const errors = [-1.3, 2].map((s) =>
    tf.tidy(() => {
      const labels = { shape: [1, 1], data: Float32Array.of(0.275), mask: Uint8Array.of(1) };
      const output = { mean: tf.tensor2d([[0.2]]), log_variance: tf.tensor2d([[s]]) };
      return module.errors!(output, module.target(labels)).dataSync()[0]!;
    }),
  );
  expect(errors[0]).toBeCloseTo((0.5 - 0.2) ** 2, 6);
  expect(errors[1]).toBe(errors[0]);
  expect(buildNetwork(contract, ["steering"]).heads[0]!.module.errors).toBeUndefined();
});

it("is 0 for a perfect answer of least σ, and above it everywhere else", () => {
  expect(lossAt("steering", { mean: [0.5], log_variance: [-7] }, [0.275])).toBeCloseTo(0, 6);
  expect(lossAt("steering", { mean: [0.5], log_variance: [-6.9] }, [0.275])).toBeGreaterThan(0);
});

it("has the squared error in half ranges as mse", () => {
  expect(lossAt("lane_offset", { mean: [0.5] }, [-0.3])).toBeCloseTo(1, 5); // −0.3 m is −0.5 half ranges
});

it("has Huber's loss: square within delta, straight beyond, mean over the head's numbers", () => {
  const straight = 0.25 * (1 - 0.25) + 0.25 ** 2 / 2;
  expect(lossAt("curvature", { mean: [0.1, 1] }, [0, 0])).toBeCloseTo((0.1 ** 2 / 2 + straight) / 2, 5);
});

it("answers in the head's unit, with the spread of labels that the input does not explain as σ", () => {
  const one = randomBatch(contract, 1, 2);
  const repeat = (data: Float32Array | Uint8Array) => {
    const all = data instanceof Uint8Array ? new Uint8Array(8 * data.length) : new Float32Array(8 * data.length);
    for (let i = 0; i < 8; i += 1) all.set(data, i * data.length);
    return all;
  };
  const features = Object.fromEntries(
    Object.entries(one.features).map(([s, { shape, data }]) => [
      s,
      { shape: [8, ...shape.slice(1)], data: repeat(data) },
    ]),
  );
  const label = Float32Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? 0.1 : 0.3)); // mean 0.2, σ 0.1
  const labels = { steering: { shape: [8, 1], data: label, mask: new Uint8Array(8).fill(1) } };
  const { mean, sigma } = overfit(contract, "steering", { size: 8, features, labels }, 400);
  expect(mean[0]).toBeCloseTo(0.2, 2);
  expect(sigma[0]).toBeCloseTo(0.1, 2);
});
