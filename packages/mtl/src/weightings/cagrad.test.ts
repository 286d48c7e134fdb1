import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { cagrad } from "./cagrad.js";
import { describeCombination, expectClose, four, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";

describeWeighting(cagrad);
describeCombination(cagrad, { options: { c: 1 }, hurtsAtMost: 1e-6, symmetric: true, degree: 1 });

describe("cagrad", () => {
  it("agrees with another implementation for c below 1", () => {
    // Printed by torchjd 0.18.0 in float64: CAGrad(c=0.4)(J)
    expectClose(
      combine({ method: "cagrad", jacobian: two, options: { c: 0.4 } }).direction,
      [0.346802737, 1.16329932, 1.16329932],
      1e-5,
    );
    expectClose(
      combine({ method: "cagrad", jacobian: three, options: { c: 0.4 } }).direction,
      [-0.019673545, 0.561470013, 0.687032592, 0.073150371],
      1e-5,
    );
    expectClose(
      combine({ method: "cagrad", jacobian: four, options: { c: 0.4 } }).direction,
      [1.038523711, -0.327047421, 1.047952592],
      1e-5,
    );
  });
  it("agrees with another implementation for c above 1", () => {
    // Printed by torchjd 0.18.0 in float64: CAGrad(c=1.5)(J)
    expectClose(
      combine({ method: "cagrad", jacobian: two, options: { c: 1.5 } }).direction,
      [-0.000128757, 2.695544525, 2.695544525],
      1e-4,
    );
    expectClose(
      combine({ method: "cagrad", jacobian: three, options: { c: 1.5 } }).direction,
      [0.305761626, 1.067021066, 1.32015601, 0.007896847],
      1e-4,
    );
    expectClose(
      combine({ method: "cagrad", jacobian: four, options: { c: 1.5 } }).direction,
      [2.051786637, -4.072e-5, 2.735652865],
      1e-4,
    );
  });

  it("is the mean for c = 0 and stays within c of it", () => {
    const mean = combine({ method: "mean", jacobian: three }).direction;
    expectClose(combine({ method: "cagrad", jacobian: three, options: { c: 0 } }).direction, mean, 1e-12);
    const { direction } = combine({ method: "cagrad", jacobian: three, options: { c: 0.4 } });
    expect(length(direction.map((value, k) => value - mean[k]!))).toBeCloseTo(0.4 * length(mean), 9);
  });

  it("gives the worst-off task more than any other direction of the ball", () => {
    const mean = combine({ method: "mean", jacobian: three }).direction;
    const worst = (d: readonly number[]) =>
      Math.min(...three.map((row) => row.reduce((sum, value, k) => sum + value * d[k]!, 0)));
    const best = worst(combine({ method: "cagrad", jacobian: three, options: { c: 0.4 } }).direction);
    for (let seed = 0; seed < 300; seed += 1) {
      const { normal } = random(seed);
      const step = mean.map(() => normal());
      const other = mean.map((value, k) => value + (0.4 * length(mean) * step[k]!) / length(step));
      expect(worst(other)).toBeLessThanOrEqual(best + 1e-9);
    }
  });

  it("finds the best direction of the ball where 0 lies within the gradients' hull", () => {
    // No direction helps all, and for c < 1 the least harm is not to stand still.
    for (let seed = 0; seed < 40; seed += 1) {
      const { normal } = random(seed);
      const jacobian = Array.from({ length: 12 }, () => [normal(), normal()]);
      const mean = combine({ method: "mean", jacobian }).direction;
      const worst = (d: readonly number[]) =>
        Math.min(...jacobian.map((row) => row.reduce((sum, value, k) => sum + value * d[k]!, 0)));
      const { direction } = combine({ method: "cagrad", jacobian, options: { c: 0.4 } });
      const angles = Array.from({ length: 720 }, (_, i) => (i * Math.PI) / 360);
      const others = angles.map((a) =>
        worst(mean.map((v, k) => v + 0.4 * length(mean) * [Math.cos(a), Math.sin(a)][k]!)),
      );
      expect(worst(direction)).toBeGreaterThanOrEqual(Math.max(...others) - 1e-9);
      expect(length(direction)).toBeGreaterThan(0);
    }
  });

  it("turns towards the shortest combination as c grows", () => {
    const unit = (d: readonly number[]) => d.map((value) => value / length(d));
    const shortest = combine({ method: "mgda", jacobian: two }).direction;
    const wide = combine({ method: "cagrad", jacobian: two, options: { c: 1e5 } }).direction;
    expectClose(unit(wide), unit(shortest), 1e-4);
  });
});
