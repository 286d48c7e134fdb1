import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { sum } from "./sum.js";

describeWeighting(sum);
describeCombination(sum, { withoutConflict: "sum", symmetric: true, degree: 1 });

describe("sum", () => {
  it("is equal by another name", () => {
    expect(combine({ method: "sum", jacobian: two })).toEqual(combine({ method: "equal", jacobian: two }));
    expect(combine({ method: "sum", jacobian: two }).direction).toEqual([2, 2, 2]);
  });
});
