import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { imtlG } from "./imtl-g.js";

describeWeighting(imtlG);
describeCombination(imtlG, { symmetric: true, degree: 1 });

describe("imtl-g", () => {
  it("agrees with another implementation, dependent gradients too", () => {
    // Printed by torchjd 0.18.0 in float64: IMTLG()(J)
    expectClose(combine({ method: "imtl-g", jacobian: two }).direction, [0.076696831, 1.0, 1.0]);
    expectClose(
      combine({ method: "imtl-g", jacobian: three }).direction,
      [0.118589385, 0.397436537, 0.50240341, -0.000800846],
    );
    expectClose(combine({ method: "imtl-g", jacobian: four }).direction, [0.764157546, 0.109517542, 0.93571096]);
  });

  it("has the same projection on every gradient, and weights of sum 1", () => {
    const { direction, weights } = combine({ method: "imtl-g", jacobian: three });
    const along = three.map((row) => row.reduce((sum, value, k) => sum + value * direction[k]!, 0) / length(row));
    expect(along[1]!).toBeCloseTo(along[0]!, 12);
    expect(along[2]!).toBeCloseTo(along[0]!, 12);
    expect(weights!.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
  });

  it("has it too where one gradient is 1e7 and more times as long as another", () => {
    for (const ratio of [1e7, 1e9, 1e12]) {
      const jacobian = three.map((row, t) => row.map((value) => (t === 0 ? ratio * value : value)));
      const { direction, weights } = combine({ method: "imtl-g", jacobian });
      const along = jacobian.map((row) => row.reduce((sum, value, k) => sum + value * direction[k]!, 0) / length(row));
      for (const projection of along) expect(projection / along[2]!).toBeCloseTo(1, 9);
      expect(weights!.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
    }
  });
});
