import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, three } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { graddrop } from "./graddrop.js";

describeWeighting(graddrop);
describeCombination(graddrop, { withoutConflict: "sum", symmetric: true, degree: 1 });

describe("graddrop", () => {
  it("lets one sign pass in each parameter, and both over many seeds as often as there is of each", () => {
    const jacobian = [
      [3, 1, -2],
      [-1, 1, -1],
    ];
    const found = Array.from({ length: 4000 }, (_, seed) => combine({ method: "graddrop", jacobian, seed }).direction);
    for (const [a, b, c] of found) {
      expect([3, -1]).toContain(a);
      expect([b, c]).toEqual([2, -3]);
    }
    // P = ½ (1 + 2/4) = 0.75; the standard error is 0.007.
    const share = found.filter(([a]) => a === 3).length / found.length;
    expect(Math.abs(share - 0.75)).toBeLessThan(0.03);
  });

  it("is the sum with a leak of 1", () => {
    const { direction } = combine({ method: "graddrop", jacobian: three, options: { leak: [1, 1, 1] } });
    expectClose(direction, combine({ method: "sum", jacobian: three }).direction);
  });
});
