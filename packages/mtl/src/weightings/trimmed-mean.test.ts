import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { trimmedMean } from "./trimmed-mean.js";

describeWeighting(trimmedMean);
describeCombination(trimmedMean, { options: { trim_number: 1 }, least: 3, symmetric: true, degree: 1 });

describe("trimmed-mean", () => {
  it("agrees with another implementation", () => {
    // Printed by torchjd 0.18.0 in float64: TrimmedMean(trim_number=1)(J)
    expectClose(
      combine({ method: "trimmed-mean", jacobian: three, options: { trim_number: 1 } }).direction,
      [0.3, 1.0, 0.5, 0.5],
    );
    expectClose(
      combine({ method: "trimmed-mean", jacobian: four, options: { trim_number: 1 } }).direction,
      [1.5, -0.5, 0.75],
    );
  });

  it("is the mean without trimming", () => {
    expectClose(
      combine({ method: "trimmed-mean", jacobian: three }).direction,
      combine({ method: "mean", jacobian: three }).direction,
    );
  });

  it("refuses to trim everything away", () => {
    expect(() => combine({ method: "trimmed-mean", jacobian: two, options: { trim_number: 1 } })).toThrow(
      /here 3\. Found 2\./,
    );
  });
});
