import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { mean } from "./mean.js";

describeWeighting(mean);
describeCombination(mean, { withoutConflict: "mean", symmetric: true, degree: 1 });

describe("mean", () => {
  it("weighs each of m tasks 1/m", () => {
    expect(combine({ method: "mean", jacobian: two }).direction).toEqual([1, 1, 1]);
  });
});
