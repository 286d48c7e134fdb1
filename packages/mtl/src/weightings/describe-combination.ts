import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { type Combination, type CombineInput, combine } from "../combination/combine.js";
import type { Weighting } from "./weighting.js";

type Matrix = readonly (readonly number[])[];

/** Two conflicting gradients; the example of TorchJD's front page. */
export const two: Matrix = [
  [-4, 1, 1],
  [6, 1, 1],
];
/** Three gradients, two pairs in conflict. */
export const three: Matrix = [
  [1, 2, -1, 0.5],
  [-2, 1, 0.5, 1],
  [0.3, -1.5, 2, -1],
];
/** Four gradients of rank 3, the last one twice the first. */
export const four: Matrix = [
  [1, -2, 0.5],
  [3, 1, -1],
  [-1, 2, 2],
  [2, -4, 1],
];

/** What a method promises besides the contract of every weighting. */
export interface Promises {
  readonly options?: Readonly<Record<string, unknown>>;
  /** Fewest rows that it takes. */
  readonly least?: number;
  /** Most by which a task may be hurt, relative to its gradient's length times the longest's. Absent: no promise. */
  readonly hurtsAtMost?: number;
  /** What it gives where all inner products are positive. Absent: something else. */
  readonly withoutConflict?: "sum" | "mean";
  /** Whether the order of the tasks plays no role; false where random numbers depend on it. */
  readonly symmetric: boolean;
  /** How the direction grows with the Jacobian: by scale^degree. Absent: not by a power. */
  readonly degree?: number;
}

const normals = (seed: number, m: number, n: number): number[][] => {
  const source = random(seed);
  return Array.from({ length: m }, () => Array.from({ length: n }, () => source.normal()));
};
const times = (matrix: Matrix, scale: number) => matrix.map((row) => row.map((value) => value * scale));
const inner = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
export const length = (a: readonly number[]): number => Math.sqrt(inner(a, a));
const combined = (matrix: Matrix, weight: number) =>
  matrix[0]!.map((_, k) => matrix.reduce((sum, row) => sum + weight * row[k]!, 0));

/** Expects two directions to agree within a part of the second one's length. */
export function expectClose(found: readonly number[], wanted: readonly number[], part = 1e-6): void {
  const gap = length(found.map((value, k) => value - wanted[k]!));
  expect(gap, `${found} for ${wanted}`).toBeLessThanOrEqual(part * length(wanted) + 1e-300);
}

/** Jacobians of random numbers; every third has rows that depend on each other. */
function jacobians(least: number): Matrix[] {
  return Array.from({ length: 30 }, (_, seed) => {
    const matrix = normals(seed, least + (seed % 4), 2 + (seed % 7));
    return seed % 3 === 0 ? matrix.map((row, i) => (i === 1 ? row.map((_, k) => -1.5 * matrix[0]![k]!) : row)) : matrix;
  });
}

/** Jacobians of random positive numbers: no two rows conflict. */
function agreeing(least: number): Matrix[] {
  return Array.from({ length: 10 }, (_, seed) =>
    normals(seed + 100, least + (seed % 3), 4).map((row) => row.map((value) => Math.abs(value) + 0.1)),
  );
}

/** A test only where its promise is given: what is not promised is not counted as skipped. */
const given = (promised: unknown) => (promised ? it : () => undefined);

/** What every method must do with a Jacobian, and what this one promises. */
export function describeCombination(weighting: Weighting, promises: Promises): void {
  const { options = {}, least = 2, hurtsAtMost, withoutConflict, symmetric, degree } = promises;
  const losses = (m: number) => Array.from({ length: m }, (_, t) => 0.5 + ((t * 7) % 5) / 4);
  const go = (jacobian: Matrix, more: Partial<CombineInput> = {}): Combination =>
    combine({ method: weighting.name, jacobian, options, losses: losses(jacobian.length), seed: 4, ...more });

  describe(`what ${weighting.name} makes of a Jacobian`, () => {
    it("is finite for gradients of 1e-10 to 1e15 and for none", () => {
      for (const scale of [0, 1e-10, 1e-6, 1e-3, 1, 1e3, 1e6, 1e10, 1e15]) {
        for (const matrix of jacobians(least).slice(0, 9)) {
          const { direction } = go(times(matrix, scale), { steps: 2 });
          expect(direction).toHaveLength(matrix[0]!.length);
          expect(direction.every(Number.isFinite), `scale ${scale}`).toBe(true);
        }
      }
    });

    it("is the same from the same seed", () => {
      const matrix = jacobians(least)[4]!;
      expect(go(matrix, { steps: 3 })).toEqual(go(matrix, { steps: 3 }));
    });

    given(symmetric)("does not depend on the order of the tasks", () => {
      for (const matrix of jacobians(least)) {
        const l = losses(matrix.length);
        const turned = go([...matrix].reverse(), { losses: [...l].reverse() });
        const straight = go(matrix);
        const gap = length(straight.direction.map((value, k) => value - turned.direction[k]!));
        expect(gap).toBeLessThanOrEqual(1e-6 * Math.max(...matrix.map(length)));
      }
    });

    given(hurtsAtMost !== undefined)("hurts no task", () => {
      for (const matrix of jacobians(least)) {
        const { direction } = go(matrix);
        for (const row of matrix) {
          const allowed = hurtsAtMost! * length(row) * Math.max(...matrix.map(length));
          expect(inner(row, direction)).toBeGreaterThanOrEqual(-allowed);
        }
      }
    });

    given(withoutConflict)(`is the ${withoutConflict} where no two gradients conflict`, () => {
      for (const matrix of agreeing(least)) {
        expectClose(go(matrix).direction, combined(matrix, withoutConflict === "sum" ? 1 : 1 / matrix.length));
      }
    });

    given(degree !== undefined)("scales with the Jacobian", () => {
      for (const scale of [1e-8, 1e8]) {
        for (const matrix of jacobians(least).slice(0, 9)) {
          const wanted = go(matrix).direction.map((value) => value * scale ** degree!);
          const gap = length(go(times(matrix, scale)).direction.map((value, k) => value - wanted[k]!));
          expect(gap).toBeLessThanOrEqual(1e-6 * Math.max(length(wanted), 1e-3 * scale ** degree!));
        }
      }
    });
  });
}
