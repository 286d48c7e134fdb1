import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { pcgrad } from "./pcgrad.js";

describeWeighting(pcgrad);
describeCombination(pcgrad, { withoutConflict: "sum", symmetric: false, degree: 1 });

describe("pcgrad", () => {
  it("agrees with another implementation on two tasks", () => {
    // Printed by torchjd 0.18.0 in float64: PCGrad()(J)
    expectClose(combine({ method: "pcgrad", jacobian: two }).direction, [0.584795322, 3.801169591, 3.801169591]);
  });

  it("is, on three tasks, one of the results that the orders of projection give", () => {
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
    const freed = (i: number, order: readonly number[]) =>
      order.reduce((g, j) => {
        const inner = dot(g, three[j]!);
        return inner < 0 ? g.map((value, k) => value - (inner / dot(three[j]!, three[j]!)) * three[j]![k]!) : g;
      }, three[i]!);
    const others = [0, 1, 2].map((i) => [0, 1, 2].filter((j) => j !== i));
    const found = Array.from(
      { length: 40 },
      (_, seed) => combine({ method: "pcgrad", jacobian: three, seed }).direction,
    );
    for (const direction of found) {
      const possible = Array.from({ length: 8 }, (_, bits) => {
        const parts = others.map((list, i) => freed(i, (bits >> i) % 2 === 0 ? list : [...list].reverse()));
        return parts[0]!.map((_, k) => parts.reduce((sum, part) => sum + part[k]!, 0));
      });
      const gaps = possible.map((other) => length(other.map((value, k) => value - direction[k]!)));
      expect(Math.min(...gaps)).toBeLessThan(1e-12);
    }
    expect(new Set(found.map((direction) => direction[0]!.toFixed(9))).size).toBeGreaterThan(1);
  });
});
