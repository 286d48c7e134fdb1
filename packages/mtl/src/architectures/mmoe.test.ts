import { expect, it } from "vitest";
import { builtArchitecture, copyValues, lossesOnVectors } from "../testing/built-architecture.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";
import { mmoe } from "./mmoe.js";

describeArchitecture(mmoe, { experts: 2, size: 7 });

it("is hard sharing, bit for bit, with one expert", () => {
  const plain = builtArchitecture(hard, { options: { size: 7 } });
  const one = builtArchitecture(mmoe, { options: { size: 7, experts: 1 } });
  copyValues(plain, one, (name) => `expert1/${name}`);
  expect(one.answers()).toEqual(plain.answers());
  for (const built of [plain, one]) built.parameters.dispose();
});

it("weighs the experts by each task's own gate over the input, with weights that sum to 1", () => {
  const streams = ["joints", "imu"];
  const mixed = builtArchitecture(mmoe, { options: { size: 16, experts: 2 }, streams });
  const experts = [1, 2].map((i) => {
    const expert = builtArchitecture(hard, { options: { size: 16 }, streams });
    const values = Object.entries(mixed.parameters.read()).filter(([name]) => name.startsWith(`expert${i}/`));
    expert.parameters.write(Object.fromEntries(values.map(([name, v]) => [name.slice(8), v])));
    return expert;
  });
  const answers = mixed.answers();
  const [a, b] = experts.map((expert) => expert.answers().steering!);
  const shares = (task: string) =>
    [0, 1, 2].map((n) => {
      // y = w·a + (1 − w)·b gives the same w in each of the sample's numbers.
      const found = Array.from({ length: 16 }, (_, j) => 16 * n + j)
        .filter((i) => Math.abs(a![i]! - b![i]!) > 1e-3)
        .map((i) => (answers[task]![i]! - b![i]!) / (a![i]! - b![i]!));
      expect(found.length).toBeGreaterThan(1);
      for (const w of found) expect(w).toBeCloseTo(found[0]!, 3);
      return found[0]!;
    });
  const [steering, sign] = [shares("steering"), shares("sign")];
  for (const w of [...steering, ...sign]) expect(w > 0 && w < 1).toBe(true);
  expect(Math.abs(steering[0]! - steering[1]!)).toBeGreaterThan(1e-4); // by the sample
  expect(Math.abs(steering[0]! - sign[0]!)).toBeGreaterThan(1e-4); // by the task
  for (const built of [mixed, ...experts]) built.parameters.dispose();
});

it("trains a gate by its own task's loss alone, and each expert by all", () => {
  const built = builtArchitecture(mmoe, { options: { size: 7, experts: 2 } });
  const gradients = built.gradients("steering");
  expect(gradients["gate/sign/kernel"]).toBeNull();
  const used = ["gate/steering/kernel", "expert1/fusion/dense/kernel", "expert2/encoder/camera/conv1/kernel"];
  for (const name of used) expect(Array.from(gradients[name]!).some((g) => g !== 0)).toBe(true);
  built.parameters.dispose();
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: mmoe, options: { size: 8, experts: 2 } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
