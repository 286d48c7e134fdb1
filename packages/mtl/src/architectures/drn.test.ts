import { random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { inverse } from "../linear-algebra/inverse.js";
import { createModel } from "../model/create-model.js";
import { builtArchitecture, copyValues, lossesOnVectors } from "../testing/built-architecture.js";
import { randomBatch } from "../testing/random-batch.js";
import { vectorContract } from "../testing/vector-contract.js";
import { describeArchitecture } from "./describe-architecture.js";
import { drn } from "./drn.js";
import { hard } from "./hard.js";
import { flipFlop, tensorNormalPenalty } from "./tensor-normal.js";

beforeAll(async () => {
  await loadBackend();
});

describeArchitecture(drn, { size: 8, layers: [6, 5] });

const normals = (count: number, seed = 5) => {
  const source = random(seed);
  return Array.from({ length: count }, () => source.normal());
};

/** Numbers from a stack [t, i, o], without tensors left over. */
function withStack<R>(values: readonly number[], shape: [number, number, number], f: (w: tf.Tensor3D) => R): R {
  const w = tf.tensor3d([...values], shape);
  tf.engine().startScope();
  const result = f(w);
  tf.engine().endScope();
  w.dispose();
  return result;
}

/** (Σ₁ ⊗ Σ₂ ⊗ Σ₃)⁻¹ as one matrix. */
function precision(parts: readonly ArrayLike<number>[]): Float64Array {
  const kron = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    const [n, m] = [Math.sqrt(a.length), Math.sqrt(b.length)];
    return Float64Array.from({ length: (n * m) ** 2 }, (_, at) => {
      const [r, c] = [Math.floor(at / (n * m)), at % (n * m)];
      return a[Math.floor(r / m) * n + Math.floor(c / m)]! * b[(r % m) * m + (c % m)]!;
    });
  };
  return inverse(parts.reduce((a, b) => kron(a, b)) as Float64Array);
}

describe("flip-flop covariances", () => {
  it("tell like tasks from opposite ones", () => {
    const one = normals(12);
    const values = [...one, ...one, ...one.map((x) => -x)].map((x, i) => x + 0.01 * normals(36, 8)[i]!);
    const { tasks } = withStack(values, [3, 4, 3], (w) => flipFlop(w, 2, 1e-3));
    expect(tasks[1]).toBeGreaterThan(0);
    expect(tasks[2]).toBeLessThan(0);
    expect(tasks[5]).toBeLessThan(0);
  });

  it("are covariances, not their inverses: a task, an input and an output of large weights have large ones", () => {
    const values = normals(2 * 3 * 4).map((x, at) => {
      const [t, i, o] = [Math.floor(at / 12), Math.floor(at / 4) % 3, at % 4];
      return x * (t === 1 ? 5 : 1) * (i === 2 ? 5 : 1) * (o === 0 ? 5 : 1);
    });
    const { tasks, inputs, outputs } = withStack(values, [2, 3, 4], (w) => flipFlop(w, 1, 1e-3));
    expect(tasks[3]).toBeGreaterThan(2 * tasks[0]!);
    expect(inputs[8]).toBeGreaterThan(2 * inputs[0]!);
    expect(outputs[0]).toBeGreaterThan(2 * outputs[15]!);
  });

  it("follow W₍ₖ₎ (the others)⁻¹ W₍ₖ₎ᵀ / (their numbers) + εI for each axis in turn", () => {
    const [t, i, o] = [2, 3, 4] as const;
    const values = normals(t * i * o);
    const at = (a: number, b: number, c: number) => values[(a * i + b) * o + c]!;
    const found = withStack(values, [t, i, o], (w) => flipFlop(w, 1, 0.01));
    const rows = {
      tasks: (a: number) => Array.from({ length: i * o }, (_, k) => at(a, Math.floor(k / o), k % o)),
      inputs: (b: number) => Array.from({ length: t * o }, (_, k) => at(Math.floor(k / o), b, k % o)),
      outputs: (c: number) => Array.from({ length: t * i }, (_, k) => at(Math.floor(k / i), k % i, c)),
    };
    const eye = (n: number) => Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
    const check = (axis: keyof typeof rows, others: ArrayLike<number>[]) => {
      const inner = precision(others);
      const m = Math.sqrt(inner.length);
      const side = Math.sqrt(found[axis].length);
      found[axis].forEach((value, k) => {
        const [x, y] = [rows[axis](Math.floor(k / side)), rows[axis](k % side)];
        const sum = inner.reduce((total, q, n) => total + x[Math.floor(n / m)]! * q * y[n % m]!, 0);
        expect(value).toBeCloseTo(sum / m + (k % (side + 1) === 0 ? 0.01 : 0), 3);
      });
    };
    check("tasks", [eye(i), eye(o)]);
    check("inputs", [found.tasks, eye(o)]);
    check("outputs", [found.tasks, found.inputs]);
  });

  it("follow a new order of the tasks", () => {
    const values = normals(3 * 4 * 2);
    const order = [2, 0, 1];
    const moved = order.flatMap((t) => values.slice(t * 8, t * 8 + 8));
    const both = [values, moved].map((v) =>
      withStack(v, [3, 4, 2], (w) => {
        const covariances = flipFlop(w, 3, 1e-3);
        return { ...covariances, value: tensorNormalPenalty(w, () => covariances).dataSync()[0]! };
      }),
    );
    expect(both[1]!.value).toBeCloseTo(both[0]!.value, 3);
    both[1]!.tasks.forEach((x, k) => {
      expect(x).toBeCloseTo(both[0]!.tasks[order[Math.floor(k / 3)]! * 3 + order[k % 3]!]!, 4);
    });
  });
});

describe("the prior's penalty", () => {
  it("is ½‖W‖² where the covariances are identities", () => {
    const values = normals(24);
    const value = withStack(
      values,
      [2, 3, 4],
      (w) => tensorNormalPenalty(w, (x) => flipFlop(x, 0, 1e-3)).dataSync()[0]!,
    );
    expect(value).toBeCloseTo(values.reduce((sum, x) => sum + x * x, 0) / 2, 4);
  });

  it("is ½ of as many as there are weights, right after an update without ε", () => {
    const value = withStack(
      normals(48),
      [3, 4, 4],
      (w) => tensorNormalPenalty(w, (x) => flipFlop(x, 1, 1e-9)).dataSync()[0]!,
    );
    expect(value).toBeCloseTo(48 / 2, 2);
  });

  it("is the quadratic form of the whole inverse, and pulls by it times W", () => {
    const values = normals(24);
    const { covariances, value, gradient } = withStack(values, [2, 3, 4], (w) => {
      const found = flipFlop(w, 2, 0.05);
      const of = tf.grad((x) => tensorNormalPenalty(x as tf.Tensor3D, () => found))(w);
      return { covariances: found, value: tensorNormalPenalty(w, () => found).dataSync()[0]!, gradient: of.dataSync() };
    });
    const q = precision([covariances.tasks, covariances.inputs, covariances.outputs]);
    const pull = values.map((_, r) => values.reduce((sum, x, c) => sum + q[r * 24 + c]! * x, 0));
    pull.forEach((x, k) => {
      expect(Math.abs(gradient[k]! - x)).toBeLessThan(1e-3 * Math.max(1, Math.abs(x)));
    });
    expect(value).toBeCloseTo(values.reduce((sum, x, k) => sum + x * pull[k]!, 0) / 2, 2);
  });
});

it("shares the nets below as hard sharing does, and gives each task layers of its own", () => {
  const plain = builtArchitecture(hard, { options: { size: 8 } });
  const built = builtArchitecture(drn, { options: { size: 8, layers: [8] } });
  copyValues(plain, built, (name) => name);
  for (const task of ["steering", "sign"]) {
    built.parameters.update(`${task}/layer1/dense/kernel`, (values) => {
      values.forEach((_, k) => {
        values[k] = k % 9 === 0 ? 1 : 0; // the identity
      });
    });
  }
  expect(built.answers()).toEqual(plain.answers());
  const gradients = built.gradients("steering");
  expect(gradients["sign/layer1/dense/kernel"]).toBeNull();
  expect(gradients["fusion/dense/kernel"]).not.toBeNull();
  for (const b of [plain, built]) b.parameters.dispose();
});

it("leaves no tensor behind in a step", () => {
  const contract = vectorContract("{ architecture: drn, options: { size: 6, layers: [5, 4] } }");
  const model = createModel(contract, { seed: 2 });
  const step = (n: number, weighting = model.initialWeighting()) =>
    model.trainStep(randomBatch(contract, 4, n), { weighting, learningRate: 0.01, step: n, epoch: 0 });
  step(0);
  const before = tf.memory().numTensors;
  expect(step(1).skipped).toBe(false);
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
});

it("is independent layers, bit for bit, without the prior", () => {
  const run = (heads: readonly string[]) => {
    const contract = vectorContract("{ architecture: drn, options: { size: 6, layers: [5], strength: 0 } }");
    const model = createModel(contract, { seed: 2, heads });
    const only = (head: string) => head === "sign";
    const options = { weighting: model.initialWeighting(), learningRate: 0.01, step: 0, epoch: 0 };
    model.trainStep(randomBatch(contract, 4, 1, only), options);
    const weights = model.getWeights();
    model.dispose();
    return weights;
  };
  const [both, alone] = [run(["steering", "sign"]), run(["sign"])];
  for (const [name, values] of Object.entries(alone)) expect(both[name]).toEqual(values);
});

it("learns a number and a class from plain vectors", () => {
  const { before, after } = lossesOnVectors("{ architecture: drn, options: { size: 8, layers: [6] } }", 15);
  after.forEach((loss, i) => {
    expect(loss).toBeLessThan(before[i]!);
  });
});
