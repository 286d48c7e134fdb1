import { random } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bootstrapInterval, quantile } from "./bootstrap-interval.js";

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const normals = (n: number, seed: number) => {
  const source = random(seed);
  return Array.from({ length: n }, () => source.normal());
};

describe("bootstrapInterval", () => {
  for (const method of ["percentile", "basic", "bca"] as const) {
    it(`comes close to mean ± 1.96 s/√n for the mean of many normal values (${method})`, () => {
      const values = normals(400, 7);
      const interval = bootstrapInterval(values, { statistic: mean, seed: 1, resamples: 8000, method });
      const centre = mean(values);
      const half = (1.96 * Math.sqrt(mean(values.map((v) => (v - centre) ** 2)))) / Math.sqrt(values.length);
      expect(interval.estimate).toBe(centre);
      expect(interval.low).toBeCloseTo(centre - half, 1);
      expect(Math.abs(interval.low - (centre - half))).toBeLessThan(0.06 * half);
      expect(Math.abs(interval.high - (centre + half))).toBeLessThan(0.06 * half);
    });
  }

  it("holds the mean of a skewed distribution about as often as it says, and more often with bca than with basic", () => {
    const held = { basic: 0, bca: 0 };
    const source = random(3);
    const rounds = 400;
    for (let r = 0; r < rounds; r += 1) {
      const values = Array.from({ length: 25 }, () => -Math.log(1 - source.uniform())); // exponential, mean 1
      for (const method of ["basic", "bca"] as const) {
        const { low, high } = bootstrapInterval(values, {
          statistic: mean,
          seed: r,
          level: 0.9,
          resamples: 400,
          method,
        });
        held[method] += low <= 1 && 1 <= high ? 1 : 0;
      }
    }
    expect(held.bca / rounds).toBeGreaterThan(0.84);
    expect(held.bca / rounds).toBeLessThan(0.94);
    expect(held.bca).toBeGreaterThan(held.basic);
  });

  it("gives the exact two-point distribution of the mean of two values", () => {
    // The mean of a resample of {0, 1} is 0, ½ or 1 with probability ¼, ½, ¼.
    const at = (level: number) => bootstrapInterval([0, 1], { statistic: mean, seed: 5, level, method: "percentile" });
    expect([at(0.9).low, at(0.9).high]).toEqual([0, 1]);
    expect([at(0.4).low, at(0.4).high]).toEqual([0.5, 0.5]);
  });

  it("shifts with the values, and answers the same for the same seed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 12 }),
        fc.nat(),
        (values, seed) => {
          const options = { statistic: mean, seed, resamples: 100 } as const;
          const one = bootstrapInterval(values, options);
          expect(bootstrapInterval(values, options)).toEqual(one);
          const moved = bootstrapInterval(
            values.map((v) => v + 8),
            options,
          );
          expect(moved.low).toBeCloseTo(one.low + 8, 6);
          expect(moved.high).toBeCloseTo(one.high + 8, 6);
          expect(one.low).toBeLessThanOrEqual(one.high);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("gives no interval for one unit, and a point for equal units", () => {
    const single = bootstrapInterval([4], { statistic: mean, seed: 1 });
    expect(single).toMatchObject({ estimate: 4, low: Number.NaN, high: Number.NaN, units: 1 });
    expect(bootstrapInterval([4, 4, 4], { statistic: mean, seed: 1 })).toMatchObject({ low: 4, high: 4 });
  });

  it("refuses an empty list and an impossible level", () => {
    expect(() => bootstrapInterval([], { statistic: mean, seed: 1 })).toThrow(/Found 0 values/);
    expect(() => bootstrapInterval([1, 2], { statistic: mean, seed: 1, level: 1 })).toThrow(/level 1/);
  });
});

describe("quantile", () => {
  it("interpolates between neighbours", () => {
    const sorted = Float64Array.of(0, 10, 20, 30, 40);
    expect([0, 0.25, 0.3, 1].map((p) => quantile(sorted, p))).toEqual([0, 10, 12, 40]);
  });
});
