import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { rlw } from "./rlw.js";

describeWeighting(rlw);
describeCombination(rlw, { symmetric: false, degree: 1 });

describe("rlw", () => {
  it("draws positive weights of sum 1 that are alike on average", () => {
    const found = Array.from({ length: 3000 }, (_, seed) => combine({ method: "rlw", jacobian: three, seed }).weights!);
    for (const weights of found) {
      expect(Math.min(...weights)).toBeGreaterThan(0);
      expect(weights.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
    }
    // The standard deviation of one weight is 0.21, of the mean 0.004.
    for (const t of [0, 1, 2]) {
      expect(Math.abs(found.reduce((sum, weights) => sum + weights[t]!, 0) / 3000 - 1 / 3)).toBeLessThan(0.016);
    }
  });

  it("draws anew at each step", () => {
    const [once, twice] = [1, 2].map((steps) => combine({ method: "rlw", jacobian: two, steps }).weights);
    expect(once).not.toEqual(twice);
  });
});
