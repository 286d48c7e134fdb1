import { random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { eigenSymmetric } from "../linear-algebra/eigen-symmetric.js";
import { gramian } from "../linear-algebra/gramian.js";
import { createModel, type MultiTaskModel } from "../model/create-model.js";
import { randomBatch } from "../testing/random-batch.js";
import { tinyContract } from "../testing/tiny-contract.js";
import { vectorContract } from "../testing/vector-contract.js";
import { squaredDistances, traceNorm } from "./coupling.js";
import { describeArchitecture } from "./describe-architecture.js";
import { soft } from "./soft.js";

beforeAll(async () => {
  await loadBackend();
});

describeArchitecture(soft, { size: 10 });

const softContract = (options: string) => vectorContract(`{ architecture: soft, options: { size: 6, ${options} } }`);

function train(model: MultiTaskModel, steps: number, rateAt: (step: number) => number = () => 0.01): void {
  let weighting = model.initialWeighting();
  for (let step = 0; step < steps; step += 1) {
    const options = { weighting, learningRate: rateAt(step), weightDecay: 0.01, step, epoch: 0 };
    weighting = model.trainStep(randomBatch(model.contract, 3, step), options).weighting;
  }
}

const pair = ["steering", "sign"];

/** Weights of one layer of the tasks' nets after some training from one seed. */
function trainedLayer(options: string): Float32Array[] {
  const model = createModel(softContract(options), { seed: 4, heads: pair });
  train(model, 25);
  const weights = model.getWeights();
  model.dispose();
  return pair.map((task) => weights[`${task}/fusion/dense/kernel`]!);
}

/** Of the rows side by side, largest first. */
const singularValues = (rows: readonly Float32Array[]) =>
  Array.from(eigenSymmetric(gramian(rows)).values, (v) => Math.sqrt(Math.max(0, v)));

const distance = ([a, b]: readonly Float32Array[]) => Math.hypot(...a!.map((x, i) => x - b![i]!));

describe("soft sharing", () => {
  it("is bit for bit the tasks' independent runs where λ is 0", () => {
    const contract = softContract("strength: 0");
    const together = createModel(contract, { seed: 4, heads: pair });
    train(together, 5);
    for (const task of pair) {
      const alone = createModel(contract, { seed: 4, heads: [task] });
      train(alone, 5);
      const all = together.getWeights();
      for (const [name, values] of Object.entries(alone.getWeights())) expect(values).toEqual(all[name]);
      alone.dispose();
    }
    together.dispose();
  });

  it("draws the nets together as λ grows", () => {
    const [free, weak, strong] = ["0", "0.3", "100"].map((s) => distance(trainedLayer(`strength: ${s}`)));
    expect(weak).toBeLessThan(free! * 0.95);
    expect(strong).toBeLessThan(weak!);
  });

  it("makes one net of them where λ is large", () => {
    const model = createModel(softContract("strength: 100"), { seed: 4, heads: pair });
    const kernels = () => pair.map((task) => model.getWeights()[`${task}/fusion/dense/kernel`]!);
    const before = distance(kernels());
    train(model, 100, (step) => 0.05 * 0.97 ** step);
    expect(distance(kernels())).toBeLessThan(0.02 * before);
    model.dispose();
  });

  it("takes the stacked weights' singular values down in training as λ grows, by the trace norm", () => {
    const [free, weak, strong] = ["0", "0.1", "1"].map((s) =>
      singularValues(trainedLayer(`coupling: trace-norm, strength: ${s}`)).reduce((a, b) => a + b),
    );
    expect(weak).toBeLessThan(0.95 * free!);
    expect(strong).toBeLessThan(0.95 * weak!);
  });

  it.each(["l2", "trace-norm"])("penalises no head and every net: %s", (coupling) => {
    const model = createModel(softContract(`coupling: ${coupling}`), { seed: 4, heads: pair });
    const { network, parameters } = model.internals;
    const asked = new Set<string>();
    tf.tidy(() =>
      network.penalty!(
        (name) => {
          asked.add(name);
          return parameters.lookup(name);
        },
        {},
        { training: true, random: random(0) },
      ),
    );
    const nets = network.parameters.map((p) => p.name).filter((name) => !name.startsWith("head/"));
    expect([...asked].toSorted()).toEqual(nets.toSorted());
    model.dispose();
  });

  it("moves nothing by its penalty where a batch has no label", () => {
    const contract = softContract("strength: 10");
    const model = createModel(contract, { seed: 4, heads: pair });
    const before = model.getWeights();
    const options = { weighting: model.initialWeighting(), learningRate: 0.1, step: 0, epoch: 0 };
    model.trainStep(
      randomBatch(contract, 3, 1, () => false),
      options,
    );
    expect(model.getWeights()).toEqual(before);
    model.dispose();
  });

  it("adds its gradient after a gradient method has decided", () => {
    const contract = (s: number) =>
      tinyContract(
        ["architecture: hard, options: { size: 12 }", `architecture: soft, options: { size: 6, strength: ${s} }`],
        ["method: uncertainty", "method: mgda"],
      );
    const gradient = (s: number) => {
      const model = createModel(contract(s), { seed: 4, heads: pair });
      const [a, b] = pair.map((task) => model.getWeights()[`${task}/fusion/dense/kernel`]!);
      const options = { weighting: model.initialWeighting(), learningRate: 0, step: 0, epoch: 0 };
      model.trainStep(randomBatch(model.contract, 3, 1), options);
      const mean = model.getOptimiser().mean["steering/fusion/dense/kernel"]!; // (1 − β₁) times the gradient
      model.dispose();
      return { mean, a: a!, b: b! };
    };
    const [without, withPenalty] = [gradient(0), gradient(0.5)];
    without.mean.forEach((m, i) => {
      expect(withPenalty.mean[i]).toBeCloseTo(m + 0.1 * 2 * 0.5 * (without.a[i]! - without.b[i]!), 5);
    });
  });
});

describe("the couplings", () => {
  const rows = [
    [3, 0, 0, 1],
    [0, 4, 0, -1],
  ];

  it("have their closed forms", () => {
    tf.tidy(() => {
      const [a, b] = rows.map((row) => tf.tensor1d(row));
      expect(squaredDistances([a!, b!]).dataSync()[0]).toBe(9 + 16 + 4);
      expect(traceNorm([tf.tensor1d([3, 0]), tf.tensor1d([0, 4])]).dataSync()[0]).toBeCloseTo(7, 5);
      expect(traceNorm([tf.tensor1d([3, 4]), tf.tensor1d([6, 8])]).dataSync()[0]).toBeCloseTo(Math.sqrt(125), 4);
      return [] as tf.Tensor[];
    });
  });

  it("lower the rank with λ: the trace norm takes λ off each singular value, down to 0", () => {
    // argmin ½‖X − X₀‖² + λ‖X‖_* has the singular values max(0, σ − λ).
    const start = [Float32Array.of(3, 0, 0, 1), Float32Array.of(0, 1, 0, -1), Float32Array.of(0.5, 0, 0.4, 0)];
    const rate = 0.01;
    const descend = (strength: number) => {
      let x = start.map((row) => row.slice());
      for (let step = 0; step < 600; step += 1) {
        const pull = tf.tidy(() => {
          const f = (...rows: tf.Tensor[]) => traceNorm(rows);
          return tf
            .grads(f)(x.map((row) => tf.tensor1d(row)))
            .map((g) => g.dataSync());
        });
        x = x.map((row, t) => row.map((v, i) => v - rate * (v - start[t]![i]! + strength * pull[t]![i]!)));
      }
      return singularValues(x);
    };
    const first = singularValues(start);
    for (const strength of [0.2, 0.7, 2]) {
      descend(strength).forEach((sigma, k) => {
        expect(Math.abs(sigma - Math.max(0, first[k]! - strength))).toBeLessThan(2 * rate * strength + 1e-3);
      });
    }
  });

  it.each([
    ["L2", squaredDistances],
    ["trace norm", traceNorm],
  ] as const)("pull every task as finite differences say: %s", (_, norm) => {
    const valueAt = (x: readonly number[]) =>
      tf.tidy(() => norm([tf.tensor1d(x.slice(0, 4)), tf.tensor1d(x.slice(4))]).dataSync()[0]!);
    const x = rows.flat();
    const found = tf.tidy(() => {
      const f = (...tensors: tf.Tensor[]) => norm(tensors);
      return tf
        .grads(f)(rows.map((row) => tf.tensor1d(row)))
        .flatMap((g) => Array.from(g.dataSync()));
    });
    x.forEach((_x, i) => {
      const moved = (h: number) => valueAt(x.map((v, j) => (i === j ? v + h : v)));
      expect(found[i]).toBeCloseTo((moved(0.01) - moved(-0.01)) / 0.02, 2);
    });
  });
});
