import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { ridge, solveCholesky } from "./ridge.js";
import { shrunkPixels } from "./ridge-baseline.js";

describe("solveCholesky", () => {
  it("solves a system worked out by hand", () => {
    const x = solveCholesky(Float64Array.of(4, 2, 2, 3), Float64Array.of(10, 8));
    expect(x[0]).toBeCloseTo(1.75, 12);
    expect(x[1]).toBeCloseTo(1.5, 12);
  });
});

describe("ridge", () => {
  const source = random(4);
  const inputs = Array.from({ length: 30 }, () => Array.from({ length: 5 }, () => source.normal()));

  it("finds a plane exactly when hardly penalised", () => {
    const truths = inputs.map(([a, , c]) => 3 + 2 * a! - c!);
    const model = ridge(inputs, truths)(1e-9);
    expect(model.predict([1, 7, 2, 0, 0])).toBeCloseTo(3, 4);
  });

  it("meets the one-dimensional closed form Σzy / (Σz² + λ) with z = x / s", () => {
    const model = ridge([[-1], [0], [1]], [-2, 5, 3])(4);
    expect(model.predict([0])).toBeCloseTo(2, 12);
    expect(model.predict([1]) - 2).toBeCloseTo(5 / (2 / 3) / (3 + 4), 12); // s² = 2/3
  });

  it("says the mean when penalised without end", () => {
    const truths = inputs.map((row) => row[0]! + 1);
    const mean = truths.reduce((a, b) => a + b, 0) / truths.length;
    expect(ridge(inputs, truths)(1e12).predict([9, 9, 9, 9, 9])).toBeCloseTo(mean, 6);
  });
});

describe("shrunkPixels", () => {
  it("weighs each pixel by the area that it covers, channel by channel", () => {
    const image = Uint8Array.of(0, 255, 255, 0, 0, 255); // 3 wide, 2 channels
    const [left0, left1, right0, right1] = shrunkPixels(image, [1, 3, 2], 1, 2);
    expect(left0).toBeCloseTo((0 + 0.5) / 1.5, 12);
    expect(left1).toBeCloseTo((1 + 0) / 1.5, 12);
    expect(right0).toBeCloseTo((0.5 + 0) / 1.5, 12);
    expect(right1).toBeCloseTo((0 + 1) / 1.5, 12);
  });
});
