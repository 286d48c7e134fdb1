import type { FeatureSpec } from "@polypilot/core";
import { expect, it } from "vitest";
import { conv } from "./conv.js";
import { describeEncoder } from "./describe-encoder.js";

const image = (height: number, width: number, channels: number): FeatureSpec => ({
  shape: [height, width, channels],
  dtype: "uint8",
  unit: "intensity",
  range: [[0, 255]],
});

describeEncoder(conv, [image(16, 16, 1), image(19, 33, 3)]);

it("halves the sides at each convolution, rounding up", () => {
  const { mapShapes, vectorSize } = conv.create("c", image(40, 80, 3), {});
  expect(mapShapes).toEqual([
    [20, 40, 16],
    [10, 20, 32],
    [5, 10, 48],
    [3, 5, 64],
  ]);
  expect(vectorSize).toBe(3 * 5 * 64);
});
