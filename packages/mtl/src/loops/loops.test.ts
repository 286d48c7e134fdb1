import { random } from "@polypilot/core";
import { expect, it } from "vitest";
import { adamStep, dotFloat32 } from "./loops.js";

const f = Math.fround;
const SMALLEST_NORMAL = 2 ** -126;
const flushed = (x: number) => (Math.abs(x) < SMALLEST_NORMAL ? 0 : x);

type Arrays = Parameters<typeof adamStep>[0];
type Scalars = Parameters<typeof adamStep>[2];

/** The same step, number by number in JavaScript, each result rounded to float32. */
function stepByStep({ values, mean, square }: Arrays, gradient: Float32Array, scalars: Scalars): void {
  const [scale, rate, epsilon, decay] = [scalars.scale, scalars.rate, scalars.epsilon, scalars.decay].map(f) as [
    number,
    number,
    number,
    number,
  ];
  for (const [i, w] of values.entries()) {
    const g = f(gradient[i]! * scale);
    const m = flushed(f(f(f(0.9) * mean[i]!) + f(f(0.1) * g)));
    const v = flushed(f(f(f(0.999) * square[i]!) + f(f(f(0.001) * g) * g)));
    mean[i] = m;
    square[i] = v;
    values[i] = f(w - f(f(f(rate * m) / f(f(Math.sqrt(v)) + epsilon)) + f(decay * w)));
  }
}

const LENGTHS = [0, 1, 3, 4, 5, 17, 16_384, 16_385, 40_003];

function drawn(length: number, seed: number): Float32Array {
  const { normal, uniform } = random(seed);
  return Float32Array.from({ length }, () => normal() * 10 ** (uniform() * 12 - 9));
}

it.each(LENGTHS)("steps %i numbers as one by one in float32, to the bit", (length) => {
  const arrays = (): Arrays => ({
    values: drawn(length, 1),
    mean: drawn(length, 2),
    square: drawn(length, 3).map(Math.abs),
  });
  const [fast, slow] = [arrays(), arrays()];
  for (let step = 1; step <= 3; step += 1) {
    const scalars = { scale: 0.7, rate: 1e-3 * step, epsilon: 1e-8 / step, decay: 1e-4 };
    const gradient = drawn(length, 10 + step);
    adamStep(fast, gradient, scalars);
    stepByStep(slow, gradient, scalars);
  }
  expect(fast).toEqual(slow);
});

it("brings the running means of a dead unit to zero, not to the smallest denormal number", () => {
  const arrays = { values: Float32Array.of(1), mean: Float32Array.of(1e-37), square: Float32Array.of(1.2e-38) };
  for (let step = 0; step < 40; step += 1) {
    adamStep(arrays, new Float32Array(1), { scale: 1, rate: 1e-3, epsilon: 1e-8, decay: 0 });
  }
  expect([arrays.mean[0], arrays.square[0]]).toEqual([0, 0]);
});

it.each(LENGTHS)("sums the products of %i numbers", (length) => {
  const [a, b] = [drawn(length, 4), drawn(length, 5)];
  dotFloat32(drawn(16_384, 6), drawn(16_384, 7));
  const products = Array.from(a, (x, i) => x * b[i]!);
  const sum = products.reduce((total, x) => total + x, 0);
  const size = products.reduce((total, x) => total + Math.abs(x), 0);
  expect(Math.abs(dotFloat32(a, b) - sum)).toBeLessThanOrEqual(1e-13 * size);
});

it.each(LENGTHS)("sums the squares of %i numbers", (length) => {
  const values = drawn(length, 8);
  dotFloat32(drawn(16_384, 6), drawn(16_384, 7));
  expect(dotFloat32(values, values)).toBe(dotFloat32(values, values.slice()));
});

it.each([Number.NaN, Number.POSITIVE_INFINITY])("lets %s through to the sum of products, wherever it stands", (bad) => {
  for (const at of [0, 1, 2, 3, 16_384, 16_388]) {
    const values = new Float32Array(16_389);
    values[at] = bad;
    expect(Number.isFinite(dotFloat32(values, values))).toBe(false);
  }
});
