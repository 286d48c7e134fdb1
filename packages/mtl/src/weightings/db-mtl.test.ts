import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { dbMtl } from "./db-mtl.js";
import { describeCombination, expectClose, length, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";

describeWeighting(dbMtl);
describeCombination(dbMtl, { symmetric: true, degree: 1 });

describe("db-mtl", () => {
  it("brings the log losses' gradients to the length of the longest", () => {
    const losses = [2, 0.5];
    const log = two.map((row, t) => row.map((value) => value / losses[t]!));
    const longest = Math.max(...log.map(length));
    const wanted = log[0]!.map((_, k) => log.reduce((sum, row) => sum + (longest / length(row)) * row[k]!, 0));
    expectClose(combine({ method: "db-mtl", jacobian: two, losses, options: { beta: 0 } }).direction, wanted);
  });

  it("starts from 0 and smooths with β / k^σ", () => {
    const options = { beta: 0.9, beta_sigma: 0.5 };
    const once = combine({ method: "db-mtl", jacobian: two, losses: [1, 1], options }).direction;
    const raw = combine({ method: "db-mtl", jacobian: two, losses: [1, 1], options: { beta: 0 } }).direction;
    expectClose(
      once,
      raw.map((value) => 0.1 * value),
    );
    const kept = 0.9 / Math.sqrt(2);
    const twice = combine({ method: "db-mtl", jacobian: two, losses: [1, 1], options, steps: 2 }).direction;
    expectClose(
      twice,
      raw.map((value) => (kept * 0.1 + 1 - kept) * value),
    );
  });

  it("does not depend on the units of the losses", () => {
    const grown = two.map((row, t) => row.map((value) => value * (t === 0 ? 1000 : 1)));
    const direction = combine({ method: "db-mtl", jacobian: grown, losses: [2000, 0.5] }).direction;
    expectClose(direction, combine({ method: "db-mtl", jacobian: two, losses: [2, 0.5] }).direction);
  });

  it("refuses a negative loss", () => {
    expect(() => combine({ method: "db-mtl", jacobian: two, losses: [1, -0.5] })).toThrow(/-0.5 for task 2/);
  });
});
