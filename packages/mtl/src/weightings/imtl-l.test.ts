import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { imtlL } from "./imtl-l.js";

describeWeighting(imtlL);
describeCombination(imtlL, { symmetric: true, degree: 1 });

describe("imtl-l", () => {
  it("starts from the sum", () => {
    expect(combine({ method: "imtl-l", jacobian: two, losses: [3, 0.2] }).weights).toEqual([1, 1]);
  });

  it("comes to scaled losses of 1", () => {
    const losses = [5, 0.2];
    const { weights } = combine({
      method: "imtl-l",
      jacobian: two,
      losses,
      options: { learning_rate: 0.01 },
      steps: 3000,
    });
    expectClose(
      weights!.map((weight, t) => weight * losses[t]!),
      [1, 1],
      1e-3,
    );
  });

  it("is twice uncertainty for squared errors, at rest", () => {
    const losses = [5, 0.2];
    const at = (method: string) =>
      combine({ method, jacobian: two, losses, options: { learning_rate: 0.01 }, steps: 4000 }).weights!;
    expectClose(
      at("imtl-l"),
      at("uncertainty").map((weight) => 2 * weight),
      1e-3,
    );
  });
});
