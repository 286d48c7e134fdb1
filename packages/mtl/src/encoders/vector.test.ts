import { random } from "@polypilot/core";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { createParameterSet } from "../parameter-set.js";
import { describeEncoder } from "./describe-encoder.js";
import { vector } from "./vector.js";

const spec = {
  shape: [2],
  dtype: "float32",
  unit: ["rad/s", "m"],
  range: [
    [-60, 60],
    [0, 10],
  ],
} as const;

describeEncoder(vector, [spec]);

it("scales each number by its own range and clips wild ones", () => {
  const module = vector.create("v", spec, {});
  const prepared = tf.tidy(() =>
    module.prepare(
      tf.tensor2d([
        [30, 5],
        [-60, 10],
        [1e9, -1e9],
      ]),
    ),
  );
  expect(Array.from(prepared.dataSync())).toEqual([0.5, 0, -1, 1, 3, -3]);
  prepared.dispose();
});

it("starts alike whatever else the model holds", () => {
  const owned = vector.create("v", spec, {}).parameters.map((p) => ({ ...p, owner: "shared" as const }));
  const [alone, first] = [createParameterSet(owned.slice(0, 1), 5), createParameterSet(owned.toReversed(), 5)];
  expect(first.read()["v/dense1/kernel"]).toEqual(alone.read()["v/dense1/kernel"]);
  expect(random(5).fork("v/dense1/kernel").uniform()).not.toBe(random(6).fork("v/dense1/kernel").uniform());
  alone.dispose();
  first.dispose();
});
