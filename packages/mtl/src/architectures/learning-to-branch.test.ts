import { random } from "@polypilot/core";
import { expect, it } from "vitest";
import { exportOnnx } from "../export/export-onnx.js";
import { temperatureAt } from "../layers/branch-choice.js";
import { createModel } from "../model/create-model.js";
import type { Context } from "../module.js";
import { builtArchitecture, copyValues, lossesOnVectors } from "../testing/built-architecture.js";
import { vectorContract } from "../testing/vector-contract.js";
import { describeArchitecture } from "./describe-architecture.js";
import { hard } from "./hard.js";
import { learningToBranch } from "./learning-to-branch.js";

describeArchitecture(learningToBranch, { branches: 2, size: 7 });

const still: Context = { training: false, random: random(0) };
const training = (seed: number, step = 0): Context => ({ training: true, random: random(seed), step });

it("is hard sharing, bit for bit, with one branch", () => {
  const plain = builtArchitecture(hard, { options: { size: 7 } });
  const one = builtArchitecture(learningToBranch, { options: { size: 7, branches: 1 } });
  copyValues(plain, one, (name) => `branch1/${name}`);
  expect(one.answers()).toEqual(plain.answers());
  for (const built of [plain, one]) built.parameters.dispose();
});

it("lets the temperature fall from its first value to its last", () => {
  const schedule = { start: 8, end: 0.5, steps: 100 };
  expect([0, 50, 100, 900].map((step) => temperatureAt(schedule, step))).toEqual([8, 2, 0.5, 0.5]);
});

it("is a tree after training: one block a layer on each task's way", () => {
  const tasks = ["steering", "sign", "lane_offset"];
  const built = builtArchitecture(learningToBranch, { options: { size: 7, branches: 3 }, tasks });
  const source = random(5);
  for (const { name } of built.module.parameters.filter((p) => p.name.startsWith("choice/"))) {
    built.parameters.update(name, (logits) => logits.set(logits.map(() => source.normal())));
  }
  const ways = tasks.map((task) => {
    const reached = Object.entries(built.gradients(task, still)).filter(([, gradient]) => gradient !== null);
    const layers = new Map<string, string>();
    for (const [name] of reached) {
      const [branch, ...layer] = name.split("/");
      const key = layer.slice(0, -1).join("/");
      expect([key, layers.get(key) ?? branch]).toEqual([key, branch]);
      layers.set(key, branch!);
    }
    return layers;
  });
  const one = builtArchitecture(hard, { options: { size: 7 } });
  expect(ways[0]!.size).toBe(one.module.parameters.length / 2); // a kernel and a bias each
  // A tree: where two ways meet in a layer of a stream, they are one from there down.
  for (const a of ways) {
    for (const b of ways) {
      const meet = [3, 2, 1].find((i) => a.get(`encoder/camera/conv${i}`) === b.get(`encoder/camera/conv${i}`)) ?? 0;
      for (let i = meet; i >= 1; i -= 1) {
        expect(a.get(`encoder/camera/conv${i}`)).toBe(b.get(`encoder/camera/conv${i}`));
      }
    }
  }
  for (const b of [built, one]) b.parameters.dispose();
});

it("mixes blocks evenly while hot, and reads one alone when cold, drawn anew by the seed", () => {
  const options = { size: 1, branches: 3, temperature: 1000, temperature_end: 0.001, anneal_steps: 10 };
  const built = builtArchitecture(learningToBranch, { options, streams: ["joints", "imu"] });
  const zeros = Object.entries(built.parameters.read()).map(([name, v]) => [name, v.map(() => 0)] as const);
  const shares = (context: Context) =>
    [1, 2, 3].map((i) => {
      built.parameters.write({ ...Object.fromEntries(zeros), [`branch${i}/fusion/dense/bias`]: Float32Array.of(1) });
      return built.answers(context).sign![0]!;
    });
  for (const share of shares(training(1, 0))) expect(share).toBeCloseTo(1 / 3, 2);
  const draws = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
    const cold = shares(training(seed, 10));
    expect(Math.max(...cold)).toBeGreaterThan(0.999);
    expect(cold.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    return cold.indexOf(Math.max(...cold));
  });
  expect(new Set(draws).size).toBe(3);
  expect(shares(training(1, 10))).toEqual(shares(training(1, 10)));
  built.parameters.dispose();
});

it("trains the choices", () => {
  const built = builtArchitecture(learningToBranch, { options: { size: 7, branches: 2 } });
  const gradients = built.gradients("sign", training(1));
  for (const name of ["choice/task/sign", "choice/fusion/camera", "choice/camera/2", "choice/lidar/2"]) {
    expect([name, Array.from(gradients[name]!).some((g) => g !== 0)]).toEqual([name, true]);
  }
  built.parameters.dispose();
});

it("exports the blocks on the deployed heads' ways alone", () => {
  const model = createModel(vectorContract("{ architecture: learning-to-branch, options: { size: 5 } }"), { seed: 3 });
  const plain = createModel(vectorContract("{ architecture: hard, options: { size: 5 } }"), { seed: 3 });
  expect(exportOnnx(model).parameters).toBe(exportOnnx(plain).parameters);
  for (const m of [model, plain]) m.dispose();
});

it("learns a number and a class from plain vectors", () => {
  const sharing =
    "{ architecture: learning-to-branch, options: { size: 8, branches: 2, temperature: 1, anneal_steps: 20 } }";
  const { before, after } = lossesOnVectors(sharing, 40);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
