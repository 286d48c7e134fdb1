import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { featureSpecsOf } from "./feature-spec.js";
import { parseContract } from "./parse.js";

it("gives shape, unit and range of every stream with a feature, and of no other", () => {
  const text = readFileSync(new URL("../../../../contracts/sim-car.yaml", import.meta.url), "utf8");
  const specs = featureSpecsOf(parseContract(text));
  expect(specs).toEqual({
    camera: { shape: [48, 80, 3], dtype: "uint8", unit: "intensity", range: [[0, 255]] },
    lidar: { shape: [32], dtype: "float32", unit: "m", range: [[0, 8]] },
    joints: {
      shape: [2],
      dtype: "float32",
      unit: ["rad/s", "rad/s"],
      range: [
        [-60, 60],
        [-60, 60],
      ],
    },
  });
});
