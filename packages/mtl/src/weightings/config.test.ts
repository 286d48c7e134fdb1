import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { config } from "./config.js";
import { describeCombination, expectClose, four, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";

describeWeighting(config);
describeCombination(config, { symmetric: true, degree: 1 });

describe("config", () => {
  it("agrees with another implementation, dependent gradients too", () => {
    // Printed by torchjd 0.18.0 in float64: ConFIG()(J)
    expectClose(combine({ method: "config", jacobian: two }).direction, [0.158808976, 2.070606758, 2.070606758]);
    expectClose(
      combine({ method: "config", jacobian: three }).direction,
      [0.353828975, 1.185810711, 1.498994905, -0.002389444],
    );
    expectClose(combine({ method: "config", jacobian: four }).direction, [3.028363672, 0.434019066, 3.708231495]);
  });

  it("has the same cosine to every gradient and the length of all projections together", () => {
    const { direction } = combine({ method: "config", jacobian: three });
    const inner = three.map((row) => row.reduce((sum, value, k) => sum + value * direction[k]!, 0));
    const cosines = inner.map((value, t) => value / length(three[t]!) / length(direction));
    expect(cosines[0]!).toBeGreaterThan(0);
    expect(cosines[1]!).toBeCloseTo(cosines[0]!, 12);
    expect(cosines[2]!).toBeCloseTo(cosines[0]!, 12);
    expect(length(direction)).toBeCloseTo(inner.reduce((sum, value) => sum + value) / length(direction), 12);
  });
});
