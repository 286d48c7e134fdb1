import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { upgrad } from "./upgrad.js";

describeWeighting(upgrad);
describeCombination(upgrad, {
  options: { reg_eps: 0 },
  hurtsAtMost: 1e-8,
  withoutConflict: "mean",
  symmetric: true,
  degree: 1,
});

describe("upgrad", () => {
  it("agrees with its authors' library", () => {
    // Printed by torchjd 0.18.0 in float64: UPGrad()(J)
    expectClose(combine({ method: "upgrad", jacobian: two }).direction, [0.292902, 1.900352078, 1.900352078]);
    expectClose(
      combine({ method: "upgrad", jacobian: three }).direction,
      [-0.014531795, 0.900345599, 1.116018827, 0.108272608],
    );
    expectClose(combine({ method: "upgrad", jacobian: four }).direction, [1.397333094, -0.189438224, 1.552889157]);
  });
  it("takes preferences", () => {
    // Printed by torchjd 0.18.0 in float64: UPGrad(pref_vector)(J)
    expectClose(
      combine({ method: "upgrad", jacobian: three, options: { pref_vector: [1, 2, 3] } }).direction,
      [-0.335934432, 4.813554642, 7.333666331, 0.421746333],
    );
  });

  it("hurts no task at all without regularisation", () => {
    const { direction } = combine({ method: "upgrad", jacobian: three, options: { reg_eps: 0 } });
    for (const row of three) {
      const gain = row.reduce((sum, value, k) => sum + value * direction[k]!, 0);
      expect(gain).toBeGreaterThanOrEqual(-1e-12);
    }
  });

  it("is linear under scaling of the tasks", () => {
    const scaled = (c: readonly number[]) => {
      const jacobian = three.map((row, t) => row.map((value) => value * c[t]!));
      return combine({ method: "upgrad", jacobian, options: { reg_eps: 0 } }).direction;
    };
    const [a, b] = [
      [1, 0.2, 3],
      [0.4, 2, 5],
    ] as const;
    const sum = scaled(a).map((value, k) => value + scaled(b)[k]!);
    expectClose(scaled(a.map((value, t) => value + b[t]!)), sum, 1e-9);
  });

  it("is the plain mean below norm_eps, as its authors' library is", () => {
    const jacobian = two.map((row) => row.map((value) => value * 1e-4));
    const { weights } = combine({ method: "upgrad", jacobian, options: { norm_eps: 1e-4 } });
    expect(weights).toEqual([0.5, 0.5]);
  });
});
