import { random } from "@polypilot/core";
import { expect, it } from "vitest";
import type { Context } from "../module.js";
import {
  type BuiltArchitecture,
  builtArchitecture,
  copyValues,
  lossesOnVectors,
} from "../testing/built-architecture.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";
import { moe } from "./moe.js";

describeArchitecture(moe, { experts: 3, size: 7 });
describeArchitecture(moe, { experts: 3, size: 7, gates: "task" });

const streams = ["joints", "imu"];
const training = (seed: number): Context => ({ training: true, random: random(seed) });

/** Experts that a sample's answer depends on, found by making each expert answer 1 where the others answer 0. */
function gatesOf(built: BuiltArchitecture, experts: number, context?: Context): number[][] {
  const zeros = Object.fromEntries(
    Object.entries(built.parameters.read()).map(([name, v]) => [name, name.startsWith("expert") ? v.map(() => 0) : v]),
  );
  const byExpert = Array.from({ length: experts }, (_, i) => {
    built.parameters.write({ ...zeros, [`expert${i + 1}/fusion/dense/bias`]: Float32Array.of(1) });
    return built.answers(context).steering!;
  });
  return byExpert[0]!.map((_, n) => byExpert.map((answers) => answers[n]!));
}

it("is hard sharing, bit for bit, with one expert", () => {
  const plain = builtArchitecture(hard, { options: { size: 7 } });
  const one = builtArchitecture(moe, { options: { size: 7, experts: 1, active: 1 } });
  copyValues(plain, one, (name) => `expert1/${name}`);
  expect(one.answers()).toEqual(plain.answers());
  for (const built of [plain, one]) built.parameters.dispose();
});

it("gives a sample exactly the wanted number of experts, with gates that sum to 1", () => {
  const built = builtArchitecture(moe, { options: { size: 1, experts: 5, active: 2 }, streams, samples: 40 });
  built.parameters.update("gate/kernel", (values) => {
    const source = random(2);
    values.forEach((_, i) => {
      values[i] = source.normal();
    });
  });
  for (const context of [undefined, training(1)]) {
    for (const row of gatesOf(built, 5, context)) {
      expect(row.filter((g) => g !== 0).length).toBe(2);
      expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    }
  }
  built.parameters.dispose();
});

it("sends samples evenly at first, by noise alone", () => {
  const built = builtArchitecture(moe, { options: { size: 1, experts: 4, active: 1 }, streams, samples: 400 });
  const counts = [0, 0, 0, 0];
  for (const row of gatesOf(built, 4, training(1))) counts[row.findIndex((g) => g > 0.9)]! += 1;
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(40); // 4.6 standard deviations
  expect(built.penalty(training(1)).value).toBeLessThan(0.02);
  built.parameters.dispose();
});

it("draws noise in training only, the same for the same seed", () => {
  const built = builtArchitecture(moe, { options: { size: 4 }, streams, samples: 20 });
  expect(built.answers()).toEqual(built.answers({ training: false, random: random(9) }));
  expect(built.answers(training(1))).toEqual(built.answers(training(1)));
  expect(built.answers(training(1))).not.toEqual(built.answers(training(2)));
  built.parameters.dispose();
});

it("penalises a gate that prefers one expert, with a gradient of the load that finite differences give", () => {
  const options = { size: 1, experts: 3, active: 1, importance: 0 };
  const built = builtArchitecture(moe, { options, streams, samples: 12 });
  const kernel = built.parameters.read()["gate/kernel"]!.map((_, i) => (i % 3 === 0 ? 0.4 : 0.1 * (i % 2)));
  const set = (values: Float32Array) => built.parameters.update("gate/kernel", (v) => v.set(values));
  set(kernel);
  const { value, gradients } = built.penalty(training(1));
  expect(value).toBeGreaterThan(0);
  const step = 1e-3; // small, so that no sample changes its experts
  for (const i of [0, 4, 8]) {
    const moved = [-step, step].map((d) => {
      set(kernel.map((v, j) => (i === j ? v + d : v)));
      return built.penalty(training(1)).value;
    });
    const slope = (moved[1]! - moved[0]!) / (2 * step);
    expect(Math.abs(gradients["gate/kernel"]![i]! - slope)).toBeLessThan(2e-2 * Math.max(0.05, Math.abs(slope)));
  }
  built.parameters.dispose();
});

it("is evened out by its penalty", () => {
  const built = builtArchitecture(moe, { options: { size: 1, experts: 3, active: 2 }, streams, samples: 30 });
  const change = (by: (value: number, i: number) => number) =>
    built.parameters.update("gate/kernel", (values) => values.set(values.map(by)));
  change((_, i) => [3, -3, 0][i % 3]! * (i < 3 ? 1 : 0.5));
  const before = built.penalty(training(1)).value;
  for (let step = 0; step < 30; step += 1) {
    const slope = built.penalty(training(1)).gradients["gate/kernel"]!;
    change((value, i) => value - 60 * slope[i]!);
  }
  expect(built.penalty(training(1)).value).toBeLessThan(before / 2);
  built.parameters.dispose();
});

it("has no penalty left where both weights are 0", () => {
  const options = { size: 1, experts: 3, active: 1, importance: 0, load: 0 };
  const built = builtArchitecture(moe, { options, streams });
  expect(built.penalty(training(1)).value).toBe(0);
  built.parameters.dispose();
});

it("refuses more active experts than there are", () => {
  expect(() => builtArchitecture(moe, { options: { experts: 2, active: 3 } })).toThrow(/active/);
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: moe, options: { size: 8 } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
