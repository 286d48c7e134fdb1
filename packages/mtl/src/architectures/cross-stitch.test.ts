import { expect, it } from "vitest";
import { createModel } from "../model/create-model.js";
import { builtArchitecture, lossesOnVectors } from "../testing/built-architecture.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { crossStitch } from "./cross-stitch.js";
import { describeArchitecture } from "./describe-architecture.js";
import { soft } from "./soft.js";

describeArchitecture(crossStitch, { size: 7 });
describeArchitecture(crossStitch, { size: 7, units: "layer" });

it.each(["channel", "layer"])("is two single-task nets, bit for bit, where α = I: %s", (units) => {
  const single = builtArchitecture(soft, { options: { size: 7, strength: 0 } });
  const stitched = builtArchitecture(crossStitch, { options: { size: 7, own: 1, units } });
  expect(stitched.answers()).toEqual(single.answers());
  for (const built of [single, stitched]) built.parameters.dispose();
});

it("shows all tasks the same where every α is ½", () => {
  const half = builtArchitecture(crossStitch, { options: { size: 7, own: 0.5 } });
  const { steering, sign } = half.answers();
  expect(steering).toEqual(sign);
  expect(steering!.some((x) => x !== 0)).toBe(true);
  const mixed = builtArchitecture(crossStitch, { options: { size: 7 } });
  expect(mixed.answers().steering).not.toEqual(mixed.answers().sign);
  for (const built of [half, mixed]) built.parameters.dispose();
});

it("starts α at own on the diagonal and spreads the rest over the other tasks", () => {
  const tasks = ["steering", "lane_offset", "sign"];
  const built = builtArchitecture(crossStitch, { options: { size: 7, units: "layer", own: 0.8 }, tasks });
  const alpha = built.parameters.read()["lane_offset/stitch/camera/2"]!;
  expect([...alpha].map((a) => Number(a.toFixed(6)))).toEqual([0.1, 0.8, 0.1]);
  built.parameters.dispose();
});

it("gives α the gradient Σ ∂L/∂x̃ · x, a channel at a time", () => {
  const streams = ["joints", "imu"];
  const built = builtArchitecture(crossStitch, { options: { size: 7 }, streams });
  const separate = builtArchitecture(crossStitch, { options: { size: 7, own: 1 }, streams });
  // The fusion's units: with α there set to I, the answers are what the units read.
  const values = built.parameters.read();
  const inner = { ...values };
  for (const task of ["steering", "sign"]) {
    inner[`${task}/stitch/fusion`] = separate.parameters.read()[`${task}/stitch/fusion`]!;
  }
  separate.parameters.write(inner);
  const read = separate.answers();
  const [mixed, found] = [built.answers().steering!, built.gradients("steering")["steering/stitch/fusion"]!];
  ["steering", "sign"].forEach((from, s) => {
    for (let c = 0; c < 7; c += 1) {
      // L = Σ x̃², so that ∂L/∂x̃ = 2 x̃.
      const sum = [0, 1, 2].reduce((total, n) => total + 2 * mixed[n * 7 + c]! * read[from]![n * 7 + c]!, 0);
      expect(found[s * 7 + c]).toBeCloseTo(sum, 3);
    }
  });
  for (const b of [built, separate]) b.parameters.dispose();
});

it("moves α faster than the rest, and decays it not", () => {
  const contract = tinyContract(["architecture: hard, options: { size: 12 }", "architecture: cross-stitch"]);
  const model = createModel(contract, { seed: 1, heads: ["steering", "sign"] });
  const before = model.getWeights();
  const options = { weighting: model.initialWeighting(), learningRate: 0.001, weightDecay: 10, step: 0, epoch: 0 };
  model.trainStep(randomBatch(contract, 3, 1), options);
  const after = model.getWeights();
  const moved = (name: string) =>
    after[name]!.map((x, i) => Math.abs(x - before[name]![i]!)).reduce((a, b) => Math.max(a, b));
  expect(moved("steering/stitch/fusion")).toBeCloseTo(0.01, 4); // Adam's first step is the learning rate
  expect(moved("steering/fusion/dense/bias")).toBeCloseTo(0.001, 5);
  model.dispose();
});

it("answers with the same bits after the other heads are deleted, whose nets it keeps", () => {
  const contract = tinyContract([
    "architecture: hard, options: { size: 12 }",
    "architecture: cross-stitch, options: { size: 5 }",
  ]);
  const full = createModel(contract, { seed: 1 });
  const single = createModel(contract, { seed: 9, heads: ["steering"] });
  single.setWeights(full.getWeights());
  const batch = randomBatch(contract, 2, 77);
  expect(single.evaluate(batch).predictions.steering).toEqual(full.evaluate(batch).predictions.steering);
  expect(single.parameters.total).toBeLessThan(full.parameters.total);
  expect(single.getWeights()["sign/fusion/dense/kernel"]).toBeDefined();
  for (const model of [full, single]) model.dispose();
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: cross-stitch, options: { size: 8 } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
