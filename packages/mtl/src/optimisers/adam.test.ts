import { beforeAll, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { createParameterSet, type OwnedParameter } from "../parameter-set.js";
import { createAdam } from "./adam.js";

beforeAll(async () => {
  await loadBackend();
});

const spec = (name: string, shape: number[]): OwnedParameter => ({
  name,
  shape,
  initialiser: { kind: "constant", value: 1 },
  owner: "shared",
});

function trainOnce(gradients: Record<string, Float32Array>, options: { learningRate: number; weightDecay?: number }) {
  const parameters = createParameterSet([spec("kernel", [1, 2]), spec("bias", [2])], 1);
  createAdam(parameters).step(gradients, options);
  const values = parameters.read();
  const tensor = Array.from(parameters.lookup("kernel").dataSync());
  parameters.dispose();
  return { values, tensor };
}

it("moves by the learning rate against the sign of the first gradient", () => {
  const { values, tensor } = trainOnce({ kernel: Float32Array.of(3, -0.01) }, { learningRate: 0.1 });
  expect(values.kernel![0]).toBeCloseTo(0.9, 5);
  expect(values.kernel![1]).toBeCloseTo(1.1, 5);
  expect(tensor).toEqual(Array.from(values.kernel!));
});

it("follows the paper's recursion over several steps", () => {
  const parameters = createParameterSet([spec("kernel", [1, 1])], 1);
  const adam = createAdam(parameters);
  let [w, m, v] = [1, 0, 0];
  [0.5, -1, 2, 0.1].forEach((g, i) => {
    adam.step({ kernel: Float32Array.of(g) }, { learningRate: 0.05 });
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= (0.05 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
  });
  expect(parameters.read().kernel![0]).toBeCloseTo(w, 5);
  parameters.dispose();
});

it("takes decay from kernels and not from biases", () => {
  const zero = { kernel: new Float32Array(2), bias: new Float32Array(2) };
  const { values } = trainOnce(zero, { learningRate: 0.1, weightDecay: 0.5 });
  expect(values.kernel![0]).toBeCloseTo(0.95, 6);
  expect(values.bias![0]).toBe(1);
});

it("leaves a parameter without gradient alone, and its count of steps too", () => {
  const parameters = createParameterSet([spec("kernel", [1, 2]), spec("bias", [2])], 1);
  const adam = createAdam(parameters);
  adam.step({ bias: Float32Array.of(1, 1) }, { learningRate: 0.1, weightDecay: 0.5 });
  expect(parameters.read().kernel).toEqual(Float32Array.of(1, 1));
  expect(adam.read().steps).toEqual({ bias: 1 });
  parameters.dispose();
});
