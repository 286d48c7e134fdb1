import { random } from "@polypilot/core";
import { expect, it } from "vitest";
import { gramian } from "./gramian.js";
import { inverse } from "./inverse.js";

it("is the matrix that makes the identity of a symmetric positive definite one", () => {
  const source = random(6);
  const rows = Array.from({ length: 7 }, () => Float64Array.from({ length: 12 }, () => source.normal()));
  const matrix = gramian(rows);
  const found = inverse(matrix);
  for (let i = 0; i < 7; i += 1) {
    for (let j = 0; j < 7; j += 1) {
      let sum = 0;
      for (let k = 0; k < 7; k += 1) sum += matrix[i * 7 + k]! * found[k * 7 + j]!;
      expect(sum).toBeCloseTo(i === j ? 1 : 0, 10);
    }
  }
});

it("leaves its argument as it is", () => {
  const matrix = Float64Array.of(2, 1, 1, 3);
  expect(Array.from(inverse(matrix), (x) => Math.round(5 * x))).toEqual([3, -1, -1, 2]);
  expect([...matrix]).toEqual([2, 1, 1, 3]);
});
