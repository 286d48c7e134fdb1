import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { fairgrad } from "./fairgrad.js";

describeWeighting(fairgrad);
describeCombination(fairgrad, { hurtsAtMost: 1e-9, symmetric: true });

describe("fairgrad", () => {
  it("agrees with another implementation, α = 1", () => {
    // Printed by torchjd 0.18.0 in float64: FairGrad(alpha=1.0)(J)
    expectClose(
      combine({ method: "fairgrad", jacobian: two, options: { alpha: 1 } }).direction,
      [0.076584288, 0.998532635, 0.998532635],
      1e-5,
    );
    expectClose(
      combine({ method: "fairgrad", jacobian: three, options: { alpha: 1 } }).direction,
      [0.101234634, 1.091687389, 1.337884245, 0.089643405],
      1e-5,
    );
    expectClose(
      combine({ method: "fairgrad", jacobian: four, options: { alpha: 1 } }).direction,
      [1.369728784, -0.049973063, 1.456484037],
      1e-5,
    );
  });
  it("agrees with another implementation, α = 2", () => {
    // Printed by torchjd 0.18.0 in float64: FairGrad(alpha=2.0)(J)
    expectClose(
      combine({ method: "fairgrad", jacobian: two, options: { alpha: 2 } }).direction,
      [0.03127368, 0.790817151, 0.790817151],
      1e-5,
    );
    expectClose(
      combine({ method: "fairgrad", jacobian: three, options: { alpha: 2 } }).direction,
      [0.186487357, 1.034637648, 1.274513485, 0.049858006],
      1e-5,
    );
    expectClose(
      combine({ method: "fairgrad", jacobian: four, options: { alpha: 2 } }).direction,
      [0.99017707, 0.033123971, 1.139098612],
      1e-5,
    );
  });

  it.each([0.5, 1, 2, 5])("gives each task a gain of its weight to the power −1/α, α = %j", (alpha) => {
    for (const scale of [1e-5, 1, 1e5]) {
      const jacobian = three.map((row, t) => row.map((value) => value * scale * 10 ** t));
      const { direction, weights } = combine({ method: "fairgrad", jacobian, options: { alpha } });
      jacobian.forEach((row, t) => {
        const gain = row.reduce((sum, value, k) => sum + value * direction[k]!, 0);
        expect(gain * weights![t]! ** (1 / alpha)).toBeCloseTo(1, 9);
      });
    }
  });

  it("is the mean for α = 0 and stays where no step helps all", () => {
    expect(combine({ method: "fairgrad", jacobian: two, options: { alpha: 0 } }).weights).toEqual([0.5, 0.5]);
    expect(
      combine({
        method: "fairgrad",
        jacobian: [
          [1, 0],
          [-2, 0],
        ],
      }).direction,
    ).toEqual([0, 0]);
  });
});
