import { random } from "@polypilot/core";
import { expect, it } from "vitest";
import { splitMatrix, transposed } from "./split-matrix.js";

/** left · right, and its distance to the matrix. */
function distance(matrix: Float64Array, rows: number, columns: number, rank: number): number {
  const { left, right } = splitMatrix(matrix, rows, columns, rank);
  expect([left.length, right.length]).toEqual([rows * rank, rank * columns]);
  return Math.hypot(
    ...matrix.map((x, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < rank; k += 1) sum += left[i * rank + k]! * right[k * columns + j]!;
      return x - sum;
    }),
  );
}

const normals = (count: number) => {
  const source = random(3);
  return Float64Array.from({ length: count }, () => source.normal());
};

it.each([
  [6, 4],
  [4, 6],
  [5, 5],
])("gives a matrix of %i × %i back at full rank, and zeros beyond it", (rows, columns) => {
  const matrix = normals(rows * columns);
  const full = Math.min(rows, columns);
  expect(distance(matrix, rows, columns, full)).toBeLessThan(1e-12);
  expect(distance(matrix, rows, columns, full + 2)).toBeLessThan(1e-12);
});

it("keeps the largest singular values: the distance is the root of the squares of the others", () => {
  // Orthogonal columns of lengths 5, 2 and 1.
  const matrix = Float64Array.of(3, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 1);
  expect(distance(matrix, 4, 3, 1)).toBeCloseTo(Math.sqrt(5), 10);
  expect(distance(matrix, 4, 3, 2)).toBeCloseTo(1, 10);
  expect(distance(transposed(matrix, 4, 3), 3, 4, 2)).toBeCloseTo(1, 10);
});
