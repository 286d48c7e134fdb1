import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { gradnorm } from "./gradnorm.js";

describeWeighting(gradnorm);
describeCombination(gradnorm, { symmetric: true });

describe("gradnorm", () => {
  it("starts from the sum and keeps the weights' sum at m", () => {
    expect(combine({ method: "gradnorm", jacobian: three, losses: [1, 1, 1] }).weights).toEqual([1, 1, 1]);
    const { weights } = combine({ method: "gradnorm", jacobian: three, losses: [1, 1, 1], steps: 50 });
    expect(weights!.reduce((sum, weight) => sum + weight)).toBeCloseTo(3, 9);
  });

  it("takes one step of plain descent as the closed form says", () => {
    const options = { optimiser: "sgd", learning_rate: 0.01, alpha: 0 };
    const lengths = two.map(length);
    // The longer gradient is above the mean: its slope is +‖g‖; the shorter one's −‖g‖. Then Σ w = 2 again.
    const moved = [1 + 0.01 * lengths[0]!, 1 - 0.01 * lengths[1]!];
    const wanted = moved.map((weight) => (2 * weight) / (moved[0]! + moved[1]!));
    expectClose(
      combine({ method: "gradnorm", jacobian: two, losses: [1, 1], options, steps: 2 }).weights!,
      wanted,
      1e-12,
    );
  });

  it("brings equal gradient lengths for α = 0, and more for the slow task for α > 0", () => {
    const long = { optimiser: "sgd", learning_rate: 0.0005 };
    const run = (alpha: number, losses: unknown) =>
      combine({ method: "gradnorm", jacobian: two, losses, options: { ...long, alpha }, steps: 3000 }).weights!;
    const even = run(0, [1, 1]).map((weight, t) => weight * length(two[t]!));
    expect(Math.abs(even[0]! / even[1]! - 1)).toBeLessThan(0.02);
    // Task 1 keeps its first loss, task 2 falls to a quarter: r = 1.6 and 0.4.
    const slow = run(1, [
      [1, 1],
      [1, 0.25],
    ]).map((weight, t) => weight * length(two[t]!));
    expect(Math.abs(slow[0]! / slow[1]! / 4 - 1)).toBeLessThan(0.05);
  });
});
