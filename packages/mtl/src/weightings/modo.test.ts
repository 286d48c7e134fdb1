import { describe, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { modo } from "./modo.js";

describeWeighting(modo);
describeCombination(modo, { symmetric: true });

describe("modo", () => {
  it("agrees with another implementation over three steps", () => {
    // Printed by torchjd 0.18.0 in float64: w = MoDoWeighting(); w(G) @ J for J, 1.5 J, 2 J and G = J @ J.T
    for (const [matrix, wanted] of [
      [two, [-8.0, 2.0, 2.0]],
      [three, [0.121700929, 0.479966583, 1.286779447, -0.11915205]],
      [four, [-2.0, 4.0, 4.0]],
    ] as const) {
      const jacobian = [1, 1.5, 2].map((scale) => matrix.map((row) => row.map((value) => value * scale)));
      expectClose(combine({ method: "modo", jacobian }).direction, wanted);
    }
  });

  it("comes to the shortest combination in many small steps", () => {
    const options = { gamma: 0.01, rho: 0 };
    const shortest = combine({ method: "mgda", jacobian: three }).direction;
    expectClose(combine({ method: "modo", jacobian: three, options, steps: 4000 }).direction, shortest, 1e-6);
  });
});
