import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, three } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { dwa } from "./dwa.js";

describeWeighting(dwa);
describeCombination(dwa, { symmetric: true, degree: 1 });

describe("dwa", () => {
  const falling = (epochs: number) =>
    Array.from({ length: epochs }, (_, k) => [2 * 0.9 ** k, 0.5 * 0.7 ** k, 1.2 * 0.8 ** k]);

  it("weighs all tasks alike in the first two epochs", () => {
    expect(combine({ method: "dwa", jacobian: three, losses: falling(2) }).weights).toEqual([1, 1, 1]);
  });

  it("agrees with another implementation in the fourth epoch", () => {
    // Printed by torchjd 0.18.0 in float64: d = DWA(); four times d(losses) with the losses above, then d.step()
    const { weights } = combine({ method: "dwa", jacobian: three, losses: falling(4) });
    expectClose(weights!, [1.050395584, 0.950437228, 0.999167187], 1e-8);
  });

  it("takes the mean loss of an epoch, of the steps that had the label", () => {
    const tasks = [0, 1].map((t) => ({ name: `${t}`, lossKind: "regression" as const }));
    let state = dwa.init(tasks, { temperature: 1 });
    const step = (losses: (number | null)[], epoch: number) => {
      const next = dwa.step(state, {
        losses,
        epoch,
        learningRate: 1,
        random: random(0),
        step: 0,
        gramian: new Float64Array(),
        jacobian: [],
      });
      state = next.state;
      return "weights" in next ? next.weights! : [];
    };
    for (const losses of [
      [4, 1],
      [2, null],
      [3, 3],
    ])
      step(losses, 0);
    for (const losses of [
      [1.5, 1],
      [1.5, 1],
    ])
      step(losses, 1);
    // Ratios 1.5 / 3 and 1 / 2 are alike.
    expectClose(step([1, 1], 2), [1, 1], 1e-12);
  });
});
