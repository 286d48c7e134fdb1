import { describe, expect, it } from "vitest";
import { createModel } from "../model/create-model.js";
import { builtArchitecture, copyValues, lossesOnVectors } from "../testing/built-architecture.js";
import { randomBatch } from "../testing/random-batch.js";
import { vectorContract } from "../testing/vector-contract.js";
import { adapters } from "./adapters.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";

describeArchitecture(adapters, { size: 7 });
describeArchitecture(adapters, { size: 7, adapter: "parallel", base: "frozen" });

const kinds = ["scaling", "series", "parallel"] as const;

it.each(kinds)("is the shared net, bit for bit, at A = 0: %s", (adapter) => {
  const plain = builtArchitecture(hard, { options: { size: 7 } });
  const adapted = builtArchitecture(adapters, { options: { size: 7, adapter } });
  copyValues(plain, adapted, (name) => name);
  expect(adapted.answers()).toEqual(plain.answers());
  adapted.parameters.update("adapter/sign/camera/1/scale", (scale) => scale.fill(1.5));
  expect(adapted.answers().sign).not.toEqual(plain.answers().sign);
  expect(adapted.answers().steering).toEqual(plain.answers().steering);
  for (const built of [plain, adapted]) built.parameters.dispose();
});

it.each([
  ["scaling", 0],
  ["series", 4 * 4 + 6 * 6 + 8 * 8],
  ["parallel", 3 * 4 + 4 * 6 + 6 * 8],
])("costs a task C² and two numbers a channel for each layer: %s", (adapter, maps) => {
  const built = builtArchitecture(adapters, { options: { size: 7, adapter } });
  const own = built.module.parameters.filter((p) => p.name.startsWith("adapter/sign/camera/"));
  const count = own.reduce((sum, p) => sum + p.shape.reduce((a, b) => a * b), 0);
  expect(count).toBe(maps + 2 * (4 + 6 + 8));
  built.parameters.dispose();
});

it("adds a product of the layer's answer in series, of its input in parallel", () => {
  const options = (adapter: string) => ({ options: { size: 5, adapter }, tasks: ["sign"], streams: ["imu"] });
  const zero = builtArchitecture(adapters, options("series"));
  const z = zero.answers().sign!;
  zero.parameters.update("adapter/sign/fusion/kernel", (a) => a.set([0, 2], 0)); // A[0, 1] = 2
  const y = zero.answers().sign!;
  z.forEach((value, i) => {
    expect(y[i]).toBeCloseTo(i % 5 === 1 ? value + 2 * z[i - 1]! : value, 5);
  });
  const beside = builtArchitecture(adapters, options("parallel"));
  const before = beside.answers().sign!;
  beside.parameters.update("encoder/imu/dense1/kernel", (k) => k.fill(0));
  beside.parameters.update("encoder/imu/dense1/bias", (b) => b.fill(0.5)); // the stream's vector is 0.5 everywhere
  const still = beside.answers().sign!;
  beside.parameters.update("adapter/sign/fusion/kernel", (a) => a.fill(2));
  const moved = beside.answers().sign!;
  moved.forEach((value, i) => {
    expect(value - still[i]!).toBeCloseTo(3 * 0.5 * 2, 5);
  });
  expect(before).not.toEqual(still);
  for (const built of [zero, beside]) built.parameters.dispose();
});

describe("a model with adapters", () => {
  function trained(sharing: string) {
    const contract = vectorContract(sharing);
    const model = createModel(contract, { seed: 3 });
    const batch = randomBatch(contract, 8, 5, (head) => head === "steering");
    const [weights, answers] = [model.getWeights(), model.evaluate(batch).predictions];
    let weighting = model.initialWeighting();
    for (let step = 0; step < 5; step += 1) {
      weighting = model.trainStep(batch, { weighting, learningRate: 0.01, weightDecay: 0.1, step, epoch: 0 }).weighting;
    }
    const after = { weights: model.getWeights(), answers: model.evaluate(batch).predictions };
    model.dispose();
    return { before: { weights, answers }, after };
  }

  it("changes no other task by a bit where the net is frozen", () => {
    const { before, after } = trained("{ architecture: adapters, options: { size: 8, base: frozen } }");
    expect(after.answers.sign).toEqual(before.answers.sign);
    expect(after.answers.steering!.mean).not.toEqual(before.answers.steering!.mean);
    for (const [name, values] of Object.entries(after.weights)) {
      const own = name.startsWith("adapter/steering/") || name.startsWith("head/steering/");
      if (!own) expect([name, values]).toEqual([name, before.weights[name]]);
    }
    expect(after.weights["adapter/steering/fusion/kernel"]).not.toEqual(
      before.weights["adapter/steering/fusion/kernel"],
    );
  });

  it("trains the net where it is not frozen", () => {
    const { before, after } = trained("{ architecture: adapters, options: { size: 8 } }");
    expect(after.weights["fusion/dense/kernel"]).not.toEqual(before.weights["fusion/dense/kernel"]);
    expect(after.weights["adapter/sign/fusion/kernel"]).toEqual(before.weights["adapter/sign/fusion/kernel"]);
  });

  it.each(["trained", "frozen"])("learns a number and a class from plain vectors over a net that is %s", (base) => {
    const sharing = `{ architecture: adapters, options: { size: 8, base: ${base} } }`;
    const { before, after } = lossesOnVectors(sharing, 15);
    after.forEach((loss, i) => {
      expect(loss).toBeLessThan(before[i]!);
    });
  });
});
