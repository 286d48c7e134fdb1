import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { alignedMtl } from "./aligned-mtl.js";
import { describeCombination, expectClose, four, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";

describeWeighting(alignedMtl);
describeCombination(alignedMtl, { symmetric: true, degree: 1 });

describe("aligned-mtl", () => {
  it("agrees with another implementation, min", () => {
    // Printed by torchjd 0.18.0 in float64: AlignedMTL(scale_mode="min")(J)
    expectClose(
      combine({ method: "aligned-mtl", jacobian: two, options: { scale_mode: "min" } }).direction,
      [0.213278746, 0.967332984, 0.967332984],
    );
    expectClose(
      combine({ method: "aligned-mtl", jacobian: three, options: { scale_mode: "min" } }).direction,
      [0.003572894, 0.400214934, 0.473612336, 0.048545332],
    );
    expectClose(
      combine({ method: "aligned-mtl", jacobian: four, options: { scale_mode: "min" } }).direction,
      [0.760435657, -0.10765108, 0.667960454],
    );
  });
  it("agrees with another implementation, median", () => {
    // Printed by torchjd 0.18.0 in float64: AlignedMTL(scale_mode="median")(J)
    expectClose(
      combine({ method: "aligned-mtl", jacobian: two, options: { scale_mode: "median" } }).direction,
      [0.213278746, 0.967332984, 0.967332984],
    );
    expectClose(
      combine({ method: "aligned-mtl", jacobian: three, options: { scale_mode: "median" } }).direction,
      [0.008291406, 0.928755377, 1.099084433, 0.112656311],
    );
    expectClose(
      combine({ method: "aligned-mtl", jacobian: four, options: { scale_mode: "median" } }).direction,
      [1.239158396, -0.175421468, 1.088466587],
    );
  });
  it("agrees with another implementation, rmse", () => {
    // Printed by torchjd 0.18.0 in float64: AlignedMTL(scale_mode="rmse")(J)
    expectClose(
      combine({ method: "aligned-mtl", jacobian: two, options: { scale_mode: "rmse" } }).direction,
      [0.576375813, 2.614172041, 2.614172041],
    );
    expectClose(
      combine({ method: "aligned-mtl", jacobian: three, options: { scale_mode: "rmse" } }).direction,
      [0.008529005, 0.955369867, 1.130579886, 0.115884599],
    );
    expectClose(
      combine({ method: "aligned-mtl", jacobian: four, options: { scale_mode: "rmse" } }).direction,
      [1.42956849, -0.202376874, 1.255721254],
    );
  });

  it("has condition number 1: every task's aligned gradient is equally long and orthogonal to the others", () => {
    const rows = [0, 1].map((t) => {
      const pref_vector = [0, 1].map((s) => (s === t ? 1 : 0));
      return combine({ method: "aligned-mtl", jacobian: two, options: { pref_vector } }).direction;
    });
    expect(length(rows[0]!)).toBeCloseTo(length(rows[1]!), 12);
    expect(rows[0]!.reduce((sum, value, k) => sum + value * rows[1]![k]!, 0)).toBeCloseTo(0, 12);
  });

  it("leaves orthogonal gradients of one length as they are", () => {
    expectClose(
      combine({
        method: "aligned-mtl",
        jacobian: [
          [0, 3],
          [3, 0],
        ],
      }).direction,
      [1.5, 1.5],
      1e-12,
    );
  });

  it("counts what the authors count: eigenvalues above m · 2.2e-16 of the largest", () => {
    const direction = (longest: number) => {
      const jacobian = [0, 1, 2, 3].map((t) => [0, 1, 2, 3].map((k) => (k === t ? (t === 0 ? longest : 1) : 0)));
      return combine({ method: "aligned-mtl", jacobian }).direction;
    };
    // Orthogonal rows of lengths 1e7 : 1 and 2e7 : 1: all four count, each aligned row has the least length.
    expectClose(direction(1e7), [0.25, 0.25, 0.25, 0.25], 1e-12);
    expectClose(direction(2e7), [0.25, 0.25, 0.25, 0.25], 1e-12);
    // 1e8 : 1, below the bound: only the longest counts.
    expectClose(direction(1e8), [0.25e8, 0, 0, 0], 1e-12);
  });

  it("counts nothing that rounding leaves of rows that depend on each other", () => {
    const row = [0.1, Math.sqrt(2), -Math.PI, 1 / 3, 0.7, -0.9];
    const factors = [1, -3.3, 1 / 7, 2e4];
    const jacobian = factors.map((factor) => row.map((value) => factor * value));
    const size = Math.hypot(...factors);
    const mean = factors.reduce((sum, factor) => sum + factor / size, 0) / factors.length;
    expectClose(
      combine({ method: "aligned-mtl", jacobian }).direction,
      row.map((value) => mean * size * value),
      1e-12,
    );
  });

  it("takes nearly parallel gradients for one at float32's precision, as the authors' code does", () => {
    const jacobian = [
      [1, 0],
      [1, 1e-4],
    ];
    const long = (options: object) =>
      length(combine({ method: "aligned-mtl", jacobian, options: { ...options } }).direction);
    expect(long({})).toBeLessThan(1e-3);
    expect(long({ rank_eps: 2 ** -23 })).toBeCloseTo(1, 6);
  });
});
