import { random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { loadBackend } from "../backend.js";
import { createParameterSet } from "../parameter-set.js";
import { addBias } from "./add-bias.js";
import { dropout } from "./dropout.js";
import { mapDecoder } from "./map-decoder.js";
import { maskedMean } from "./masked-mean.js";
import { relu } from "./relu.js";
import { fromModelUnit, toModelUnit } from "./scale.js";

beforeAll(async () => {
  await loadBackend();
});

function valuesOf(f: () => tf.Tensor): number[] {
  const tensor = tf.tidy(f);
  const values = Array.from(tensor.dataSync());
  tensor.dispose();
  return values;
}

describe("maskedMean", () => {
  it("is the mean of the labelled, and 0 where none is", () => {
    const losses = [1, 2, 30];
    expect(valuesOf(() => maskedMean(tf.tensor1d(losses), tf.tensor1d([1, 1, 0])))).toEqual([1.5]);
    expect(valuesOf(() => maskedMean(tf.tensor1d(losses), tf.tensor1d([0, 0, 0])))).toEqual([0]);
  });

  it("keeps infinite losses of unlabelled samples out", () => {
    expect(valuesOf(() => maskedMean(tf.tensor1d([1, Number.POSITIVE_INFINITY]), tf.tensor1d([1, 0])))).toEqual([1]);
  });
});

describe("dropout", () => {
  it("keeps the expected value and zeroes about its share", () => {
    const context = { training: true, random: random(1) };
    const values = valuesOf(() => dropout(tf.ones([4000]), 0.25, "x", context));
    const zeros = values.filter((v) => v === 0).length / values.length;
    expect(Math.abs(zeros - 0.25)).toBeLessThan(0.03);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  });
});

describe("relu", () => {
  it("has the gradient 1 above 0 and 0 at or below", () => {
    expect(valuesOf(() => tf.grad((x) => tf.sum(relu(x)))(tf.tensor1d([-1, 0, 2])))).toEqual([0, 0, 1]);
  });
});

describe("addBias", () => {
  it("passes the gradient on and sums it over everything but channels for the bias", () => {
    const f = (x: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(addBias(x, b)));
    const plain = (x: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(tf.add(x, b)));
    const x = tf.tensor3d([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [-7, 8],
      ],
    ]);
    const b = tf.tensor1d([0.5, -1]);
    for (const i of [0, 1] as const) {
      const gradientOf = (g: typeof f) => valuesOf(() => tf.grads((u, v) => g(u!, v!))([x, b])[i]!);
      expect(gradientOf(f)).toEqual(gradientOf(plain));
    }
    tf.dispose([x, b]);
  });
});

describe("scaling", () => {
  const spec = { shape: [2], dtype: "float32", unit: "m", range: [[0, 4]] } as const;

  it("maps the range to [−1, 1], clips at 3 and comes back", () => {
    expect(valuesOf(() => toModelUnit(tf.tensor1d([0, 4, 2, 100]), spec))).toEqual([-1, 1, 0, 3]);
    expect(valuesOf(() => fromModelUnit(tf.tensor1d([-1, 1, 0]), spec))).toEqual([0, 4, 2]);
  });
});

describe("mapDecoder", () => {
  const maps = [
    [20, 40, 3],
    [10, 20, 4],
    [5, 10, 5],
  ] as const;

  it.each([
    [[10, 20, 2], 2],
    [[20, 40, 2], 3],
    [[7, 9, 2], 1],
    [[2, 3, 2], 1],
  ] as const)("makes an image of %j from the %i maps that are no finer", (size, used) => {
    const module = mapDecoder("d", maps, size, 4);
    const parameters = createParameterSet(
      module.parameters.map((p) => ({ ...p, owner: "shared" as const })),
      1,
    );
    const laterals = module.parameters.filter((p) => p.name.includes("lateral") && p.name.endsWith("kernel"));
    expect(laterals).toHaveLength(used);
    const inputs = maps.map((shape) => tf.ones([1, ...shape]) as tf.Tensor4D);
    const context = { training: false, random: random(0) };
    const image = tf.tidy(() => module.apply(parameters.lookup, inputs, context));
    expect(image.shape).toEqual([1, ...size]);
    for (const tensor of [...inputs, image]) tensor.dispose();
    parameters.dispose();
  });
});
