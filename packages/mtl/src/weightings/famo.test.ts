import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { famo } from "./famo.js";

describeWeighting(famo);
describeCombination(famo, { symmetric: true, degree: 1 });

describe("famo", () => {
  it("agrees with another implementation after three updates", () => {
    // Printed by torchjd 0.18.0 in float64: the gradient of f = FAMO(3) at the losses, with f.update(next losses) between
    const losses = Array.from({ length: 3 }, (_, k) => [2 * 0.9 ** k, 0.5 * 0.7 ** k, 1.2 * 0.8 ** k]);
    const { weights } = combine({ method: "famo", jacobian: three, losses });
    expectClose(weights!, [0.11000944, 0.658196182, 0.231794378], 1e-8);
  });

  it("has weights of sum 1 that grow where a loss falls slower than the others", () => {
    const losses = Array.from({ length: 200 }, (_, k) => [1, 0.99 ** k]);
    const { weights } = combine({ method: "famo", jacobian: two, losses });
    expect(weights!.reduce((sum, weight) => sum + weight)).toBeCloseTo(1, 12);
    const share = weights!.map((weight, t) => weight * losses[199]![t]!);
    expect(share[0]! / share[1]!).toBeGreaterThan(2);
  });

  it("refuses a caller that never tells what a step did", () => {
    const tasks = [{ name: "a", lossKind: "regression" as const }];
    const inputs = {
      losses: [1],
      learningRate: 1,
      random: random(0),
      step: 0,
      epoch: 0,
      gramian: Float64Array.of(1),
      jacobian: [],
    };
    const { state } = famo.step(famo.init(tasks, {}), inputs);
    expect(() => famo.step(state, inputs)).toThrow(/told the batch's losses again after each step/);
  });
});
