import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { gls } from "./gls.js";

describeWeighting(gls);
describeCombination(gls, { symmetric: true, degree: 1 });

describe("gls", () => {
  it("is the gradient of the geometric mean", () => {
    // Printed by torchjd 0.18.0 in float64: the gradient of GeometricMean()(losses)
    const { weights } = combine({ method: "gls", jacobian: three, losses: [2, 0.5, 1.2] });
    expectClose(weights!, [0.177109762, 0.708439046, 0.295182936], 1e-8);
  });

  it("does not overflow where the product of the losses would", () => {
    const { weights } = combine({ method: "gls", jacobian: three, losses: [1e200, 1e200, 1e200] });
    expectClose(weights!, [1 / 3, 1 / 3, 1 / 3], 1e-9);
  });

  it("rests where a loss is 0 and refuses a negative one", () => {
    expect(combine({ method: "gls", jacobian: two, losses: [0, 1] }).weights).toEqual([0, 0]);
    expect(() => combine({ method: "gls", jacobian: two, losses: [1, -1] })).toThrow(
      /at least 0\. Found -1 for task 2/,
    );
  });
});
