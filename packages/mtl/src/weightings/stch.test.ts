import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { stch } from "./stch.js";

describeWeighting(stch);
describeCombination(stch, { symmetric: true, degree: 1 });

describe("stch", () => {
  it("is the gradient of the smooth maximum", () => {
    // Printed by torchjd 0.18.0 in float64: the gradient of STCH(0.3)(losses), and with weights and reference
    const losses = [2, 0.5, 1.2];
    const plain = combine({ method: "stch", jacobian: three, losses, options: { mu: 0.3 } });
    expectClose(plain.weights!, [0.20833491, 0.039349382, 0.085649042], 1e-7);
    const options = { mu: 0.3, weights: [0.2, 0.5, 0.3], reference: [0.1, 0, 0.2] };
    const preferred = combine({ method: "stch", jacobian: three, losses, options });
    expectClose(preferred.weights!, [0.082840684, 0.134273222, 0.095175041], 1e-7);
  });

  it("looks at the worst task alone for a small μ", () => {
    const { weights } = combine({ method: "stch", jacobian: two, losses: [1, 3], options: { mu: 1e-6 } });
    expect(weights).toEqual([0, 0.5]);
  });

  it("refuses a μ of 0", () => {
    const go = () => combine({ method: "stch", jacobian: two, losses: [1, 3], options: { mu: 0 } });
    expect(go).toThrow(/mu is a number above 0\. Found 0\./);
  });
});
