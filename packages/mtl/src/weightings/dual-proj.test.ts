import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { dualProj } from "./dual-proj.js";

describeWeighting(dualProj);
describeCombination(dualProj, {
  options: { reg_eps: 0 },
  hurtsAtMost: 1e-8,
  withoutConflict: "mean",
  symmetric: true,
  degree: 1,
});

describe("dual-proj", () => {
  it("agrees with another implementation", () => {
    // Printed by torchjd 0.18.0 in float64: DualProj()(J)
    expectClose(combine({ method: "dual-proj", jacobian: two }).direction, [0.556315813, 1.110921047, 1.110921047]);
    expectClose(combine({ method: "dual-proj", jacobian: three }).direction, [-0.233333333, 0.5, 0.5, 0.166666667]);
    expectClose(combine({ method: "dual-proj", jacobian: four }).direction, [1.083547344, -0.417094687, 0.957905313]);
  });

  it("is the nearest direction to the mean that hurts no task", () => {
    const { direction, weights } = combine({ method: "dual-proj", jacobian: two, options: { reg_eps: 0 } });
    const gains = two.map((row) => row.reduce((sum, value, k) => sum + value * direction[k]!, 0));
    // Complementarity: what was added to a task's weight is paid for by a gain of 0.
    gains.forEach((gain, t) => {
      expect(gain).toBeGreaterThanOrEqual(-1e-12);
      expect(gain * (weights![t]! - 0.5)).toBeCloseTo(0, 12);
    });
    expect(weights!.every((weight) => weight >= 0.5)).toBe(true);
  });
});
