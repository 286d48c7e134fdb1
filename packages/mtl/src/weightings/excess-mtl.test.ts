import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { excessMtl } from "./excess-mtl.js";

describeWeighting(excessMtl);
describeCombination(excessMtl, { symmetric: true });

describe("excess-mtl", () => {
  it("agrees with another implementation over three steps", () => {
    // Printed by torchjd 0.18.0 in float64: a = ExcessMTL(); a(J); a(1.5 * J); a(2 * J)
    for (const [matrix, wanted] of [
      [two, [9.615941569, 2.0, 2.0]],
      [three, [-0.355264154, 0.582240577, 1.313319567, 0.089640337]],
      [four, [3.537435067, -5.61838569, 1.768717539]],
    ] as const) {
      const jacobian = [1, 1.5, 2].map((scale) => matrix.map((row) => row.map((value) => value * scale)));
      expectClose(combine({ method: "excess-mtl", jacobian }).direction, wanted);
    }
  });

  it("keeps equal weights while it warms up, then follows the gradients that grow", () => {
    const later = three.map((row, t) => row.map((value) => value * (t === 0 ? 5 : 1)));
    const run = (steps: number) =>
      combine({ method: "excess-mtl", jacobian: [three, three, later], options: { n_warmup_steps: 2 }, steps });
    expectClose(run(2).weights!, [1 / 3, 1 / 3, 1 / 3], 1e-12);
    expect(run(3).weights![0]!).toBeGreaterThan(0.5);
  });
});
