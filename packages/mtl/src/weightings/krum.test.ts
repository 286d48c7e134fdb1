import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { krum } from "./krum.js";

describeWeighting(krum);
describeCombination(krum, { least: 4, options: { n_byzantine: 1, n_selected: 2 }, symmetric: true, degree: 1 });

describe("krum", () => {
  it("agrees with another implementation", () => {
    // Printed by torchjd 0.18.0 in float64: Krum(n_byzantine=1, n_selected=2)(J)
    expectClose(
      combine({ method: "krum", jacobian: four, options: { n_byzantine: 1, n_selected: 2 } }).direction,
      [1.5, -3.0, 0.75],
    );
  });

  it("is not moved by one gradient that lies", () => {
    const honest = [
      [1, 0],
      [1.1, 0],
      [0.9, 0.1],
      [1, 0.1],
    ];
    const jacobian = [...honest, [-1e6, 1e6]];
    const { weights } = combine({ method: "krum", jacobian, options: { n_byzantine: 1 } });
    expect(weights![4]).toBe(0);
    expect(weights!.reduce((sum, weight) => sum + weight)).toBe(1);
  });

  it("refuses fewer tasks than it can outvote", () => {
    const go = () => combine({ method: "krum", jacobian: three, options: { n_byzantine: 1 } });
    expect(go).toThrow(/n_byzantine \+ 3 tasks .* here 4\. Found 3\./);
  });
});
