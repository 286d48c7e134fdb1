import { describe, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { gradvac } from "./gradvac.js";

describeWeighting(gradvac);
describeCombination(gradvac, { withoutConflict: "sum", symmetric: false, degree: 1 });

describe("gradvac", () => {
  it("agrees with another implementation over three steps on two tasks", () => {
    // Printed by torchjd 0.18.0 in float64: a = GradVac(); a(J); a(1.5 * J); a(2 * J)
    const jacobian = [1, 1.5, 2].map((scale) => two.map((row) => row.map((value) => value * scale)));
    expectClose(combine({ method: "gradvac", jacobian }).direction, [2.649069318, 5.719366325, 5.719366325]);
  });

  it("raises the cosine to the remembered one", () => {
    // β = 1: after a step with cosine 0.8 the target is 0.8; the second step's cosine is 0.
    const jacobian = [
      [
        [1, 0],
        [0.8, 0.6],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    ];
    const { weights } = combine({ method: "gradvac", jacobian, options: { beta: 1 } });
    // Each row becomes the unit row plus (0.8 / 0.6) of the other.
    expectClose(weights!, [1 + 4 / 3, 1 + 4 / 3], 1e-12);
  });
});
