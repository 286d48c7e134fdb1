import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { nashMtl } from "./nash-mtl.js";

describeWeighting(nashMtl);
describeCombination(nashMtl, { symmetric: true });

describe("nash-mtl", () => {
  it("agrees with the authors' solver where that converges", () => {
    // Printed by torchjd 0.18.0 in float64: NashMTL(n_tasks=m)(J)
    expectClose(
      combine({ method: "nash-mtl", jacobian: two }).direction,
      [0.054153251, 0.706069198, 0.706069198],
      1e-5,
    );
    expectClose(
      combine({ method: "nash-mtl", jacobian: three }).direction,
      [0.058447845, 0.630286009, 0.772427828, 0.051755644],
      1e-5,
    );
    expectClose(
      combine({ method: "nash-mtl", jacobian: four }).direction,
      [0.684864389, -0.024986527, 0.728242022],
      1e-5,
    );
  });
  it("agrees with it without the bound on the length", () => {
    // Printed by torchjd 0.18.0 in float64: NashMTL(n_tasks=m, max_norm=0.0)(J)
    expectClose(
      combine({ method: "nash-mtl", jacobian: two, options: { max_norm: 0 } }).direction,
      [0.076584267, 0.998532694, 0.998532694],
      1e-5,
    );
    expectClose(
      combine({ method: "nash-mtl", jacobian: three, options: { max_norm: 0 } }).direction,
      [0.101234636, 1.091687393, 1.337884246, 0.089643405],
      1e-5,
    );
    expectClose(
      combine({ method: "nash-mtl", jacobian: four, options: { max_norm: 0 } }).direction,
      [1.369728788, -0.049973055, 1.456484054],
      1e-5,
    );
  });

  it("gives every task the share 1, whatever the scales of the losses", () => {
    const jacobian = three.map((row, t) => row.map((value) => value * 10 ** (4 * t - 4)));
    const { direction, weights } = combine({ method: "nash-mtl", jacobian, options: { max_norm: 0 } });
    jacobian.forEach((row, t) => {
      expect(weights![t]! * row.reduce((sum, value, k) => sum + value * direction[k]!, 0)).toBeCloseTo(1, 9);
    });
    expectClose(direction, combine({ method: "nash-mtl", jacobian: three, options: { max_norm: 0 } }).direction, 1e-9);
  });

  it("reuses its weights for as many steps as told", () => {
    const options = { update_weights_every: 2, max_norm: 0 };
    const first = combine({
      method: "nash-mtl",
      jacobian: [three, two.concat([[1, 0, 2]]).map((r) => [...r, 1])],
      options,
    });
    expect(first.weights).toEqual(combine({ method: "nash-mtl", jacobian: three, options }).weights);
  });

  it("keeps its last weights, ones at first, where there is no bargain", () => {
    const jacobian = [
      [2, 0],
      [-1, 0],
    ];
    expectClose(combine({ method: "nash-mtl", jacobian }).weights!, [1, 1], 1e-12);
  });
});
