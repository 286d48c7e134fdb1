import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, four, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { sdmgrad } from "./sdmgrad.js";

describeWeighting(sdmgrad);
describeCombination(sdmgrad, { symmetric: true });

describe("sdmgrad", () => {
  it("agrees with another implementation over three steps", () => {
    // Printed by torchjd 0.18.0 in float64: w = SDMGradWeighting(); w(G) @ J for J, 1.5 J, 2 J and G = J @ J.T
    for (const [matrix, wanted] of [
      [two, [9.692307692, 2.0, 2.0]],
      [three, [1.430769231, 3.307692308, -1.307692308, 0.846153846]],
      [four, [5.192307692, 1.192307692, -1.25]],
    ] as const) {
      const jacobian = [1, 1.5, 2].map((scale) => matrix.map((row) => row.map((value) => value * scale)));
      expectClose(combine({ method: "sdmgrad", jacobian }).direction, wanted);
    }
  });

  it("takes small steps to the shortest combination without a preferred direction", () => {
    const options = { lambda: 0, lr: 0.05, momentum: 0, n_iter: 2000 };
    const shortest = combine({ method: "mgda", jacobian: three }).direction;
    expectClose(combine({ method: "sdmgrad", jacobian: three, options }).direction, shortest, 1e-6);
  });

  it("reads the products of two batches", () => {
    const one = combine({ method: "sdmgrad", jacobian: three });
    const other = combine({ method: "sdmgrad", jacobian: three, secondJacobian: [...three].reverse() });
    expect(other.weights).not.toEqual(one.weights);
  });

  it("refuses a caller with one batch", () => {
    const state = sdmgrad.init([{ name: "a", lossKind: "regression" }], {});
    const inputs = {
      losses: [1],
      learningRate: 1,
      random: random(0),
      step: 0,
      epoch: 0,
      gramian: Float64Array.of(1),
      jacobian: [],
    };
    expect(() => sdmgrad.step(state, inputs)).toThrow(/two independent batches/);
  });
});
