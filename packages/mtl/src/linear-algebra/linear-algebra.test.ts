import { random } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choleskySolve } from "./cholesky-solve.js";
import { eigenSymmetric } from "./eigen-symmetric.js";
import { diagonal, dot, gramian, squaredLength, times, weightedSum } from "./gramian.js";
import { minNormPoint } from "./min-norm-point.js";
import { nonNegativeQp } from "./non-negative-qp.js";
import { onSpectrum, pseudoInverse } from "./pseudo-inverse.js";
import { projectOntoSimplex, softmax } from "./simplex.js";

/** Rows that fast-check chose: any rank, rows of zeros and copies among them, each row in a unit of its own. */
const rows = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    m: fc.integer({ min: 1, max: 8 }),
    n: fc.integer({ min: 1, max: 12 }),
    rank: fc.integer({ min: 1, max: 8 }),
    zero: fc.boolean(),
    units: fc.boolean(),
  })
  .map(({ seed, m, n, rank, zero, units }) => {
    const { normal } = random(seed);
    const draw = (length: number) => Float64Array.from({ length }, normal);
    const basis = Array.from({ length: rank }, () => draw(n));
    const made = Array.from({ length: m }, () => weightedSum(basis, draw(rank)));
    if (zero) made[0]!.fill(0);
    return made.map((row) => {
      const unit = units ? 10 ** (2 * normal()) : 1;
      return row.map((value) => value * unit);
    });
  });

const product = (a: Float64Array, b: Float64Array, m: number) =>
  Float64Array.from({ length: m * m }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < m; k += 1) sum += a[Math.floor(at / m) * m + k]! * b[k * m + (at % m)]!;
    return sum;
  });

describe("gramian", () => {
  it("is symmetric for one set of rows and the mixed products for two", () => {
    const a = [Float64Array.of(1, 2), Float64Array.of(3, -1)];
    const b = [Float32Array.of(0, 1), Float32Array.of(1, 1)];
    expect([...gramian(a)]).toEqual([5, 1, 1, 10]);
    expect([...gramian(a, b)]).toEqual([2, 3, -1, 2]);
  });

  it("leaves rows of weight 0 out, infinities and all", () => {
    expect([...weightedSum([Float64Array.of(1, 2), Float64Array.of(Number.POSITIVE_INFINITY, 0)], [2, 0])]).toEqual([
      2, 4,
    ]);
  });
});

describe("eigenSymmetric", () => {
  it("rebuilds the matrix from orthonormal vectors and falling values", () => {
    fc.assert(
      fc.property(rows, (j) => {
        const m = j.length;
        const g = gramian(j);
        const { values, vectors } = eigenSymmetric(g);
        const size = Math.max(1e-300, ...diagonal(g));
        for (let k = 1; k < m; k += 1) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]!);
        for (let p = 0; p < m; p += 1) {
          for (let q = 0; q < m; q += 1) {
            let [rebuilt, inner] = [0, 0];
            for (let k = 0; k < m; k += 1) {
              rebuilt += vectors[p * m + k]! * values[k]! * vectors[q * m + k]!;
              inner += vectors[k * m + p]! * vectors[k * m + q]!;
            }
            expect(Math.abs(rebuilt - g[p * m + q]!)).toBeLessThan(1e-13 * size * m);
            expect(Math.abs(inner - (p === q ? 1 : 0))).toBeLessThan(1e-13);
          }
        }
      }),
    );
  });

  it("ends on a matrix of NaN", () => {
    expect(eigenSymmetric(new Float64Array(9).fill(Number.NaN)).values).toHaveLength(3);
  });
});

describe("pseudoInverse", () => {
  it("fulfils the Penrose conditions whatever the rank", () => {
    fc.assert(
      fc.property(rows, (j) => {
        const unit = j.map((row) => row.map((v) => v / (Math.sqrt(dot(row, row)) || 1)));
        const m = j.length;
        const g = gramian(unit);
        const { values } = eigenSymmetric(g);
        // A matrix within rounding of another rank has no stable inverse: no claim is made about it.
        fc.pre(values.every((value) => value < 1e-13 || value > 1e-7));
        const inverse = pseudoInverse(g);
        product(product(g, inverse, m), g, m).forEach((v, i) => {
          expect(Math.abs(v - g[i]!)).toBeLessThan(1e-7);
        });
        const back = product(product(inverse, g, m), inverse, m);
        const size = Math.max(1, ...inverse.map(Math.abs));
        back.forEach((v, i) => {
          expect(Math.abs(v - inverse[i]!)).toBeLessThan(1e-6 * size);
        });
      }),
    );
  });

  it("is zero for zeros, and the square root squares back", () => {
    expect([...pseudoInverse(new Float64Array(4))]).toEqual([0, 0, 0, 0]);
    const g = Float64Array.of(2, 1, 1, 3);
    const root = onSpectrum(g, Math.sqrt);
    product(root, root, 2).forEach((v, i) => {
      expect(v).toBeCloseTo(g[i]!, 12);
    });
  });
});

describe("choleskySolve", () => {
  it("solves on a subset and tells a singular one", () => {
    const a = Float64Array.of(2, 0, 1, 0, 5, 0, 1, 0, 3);
    const x = choleskySolve(a, [1, 9, 2], [0, 2])!;
    expect(2 * x[0]! + x[1]!).toBeCloseTo(1, 14);
    expect(x[0]! + 3 * x[1]!).toBeCloseTo(2, 14);
    expect(choleskySolve(Float64Array.of(1, 1, 1, 1), [1, 1], [0, 1])).toBeNull();
  });
});

describe("nonNegativeQp", () => {
  it("fulfils the Karush-Kuhn-Tucker conditions for any rank and any units", () => {
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 8, maxLength: 8 }),
        (j, c) => {
          const g = gramian(j);
          const size = diagonal(g).map(Math.sqrt);
          const m = j.length;
          // In the range of G, as every use here has it.
          const b = times(
            g,
            c.slice(0, m).map((v, i) => (size[i]! > 0 ? v / size[i]! : 0)),
          );
          const x = nonNegativeQp(g, b);
          const slope = times(g, x).map((v, i) => v - b[i]!);
          for (let i = 0; i < m; i += 1) {
            expect(x[i]!).toBeGreaterThanOrEqual(0);
            expect(slope[i]!).toBeGreaterThan(-1e-9 * size[i]! - 1e-300);
            expect(Math.abs(slope[i]! * x[i]!)).toBeLessThan(1e-8 * (1 + x[i]! * size[i]!));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("minNormPoint", () => {
  it("meets every row at an inner product of at least its own square", () => {
    fc.assert(
      fc.property(rows, (j) => {
        const g = gramian(j);
        const w = minNormPoint(g);
        expect(w.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        const square = squaredLength(g, w);
        const inner = times(g, w);
        const shortest = Math.min(...diagonal(g));
        for (let i = 0; i < j.length; i += 1) {
          expect(w[i]!).toBeGreaterThanOrEqual(0);
          const room = 1e-9 * Math.sqrt(shortest * g[i * j.length + i]!) + 1e-300;
          expect(inner[i]!).toBeGreaterThanOrEqual(square - room);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives the closed form of two rows", () => {
    const g = gramian([Float64Array.of(2, 0), Float64Array.of(-1, 1)]);
    const gamma = (g[3]! - g[1]!) / (g[0]! + g[3]! - 2 * g[1]!);
    expect(minNormPoint(g)[0]!).toBeCloseTo(gamma, 14);
  });
});

describe("simplex", () => {
  it("projects to the nearest point: y − w is constant where w > 0 and at most that where w = 0", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1, maxLength: 9 }), (y) => {
        const w = projectOntoSimplex(y);
        expect(w.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        const threshold = Math.max(...y.map((v, i) => (w[i]! > 0 ? v - w[i]! : Number.NEGATIVE_INFINITY)));
        y.forEach((v, i) => {
          if (w[i]! > 0) expect(v - w[i]!).toBeCloseTo(threshold, 10);
          else expect(v).toBeLessThanOrEqual(threshold + 1e-10);
        });
      }),
    );
  });

  it("stays on the simplex for numbers that are far from it", () => {
    expect([...projectOntoSimplex([1e20, -3e20, 1e20])]).toEqual([0.5, 0, 0.5]);
  });

  it("takes the softmax of numbers whose powers overflow", () => {
    expect([...softmax([1e6, 1e6])]).toEqual([0.5, 0.5]);
  });
});
