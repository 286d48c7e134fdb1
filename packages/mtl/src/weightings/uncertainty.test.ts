import { random } from "@polypilot/core";
import { expect, it } from "vitest";
import { describeWeighting } from "./describe-weighting.js";
import { uncertainty } from "./uncertainty.js";
import type { Json, WeightingTask } from "./weighting.js";

describeWeighting(uncertainty);

const tasks: readonly WeightingTask[] = [
  { name: "offset", lossKind: "regression" },
  { name: "sign", lossKind: "classification" },
  { name: "steering", lossKind: "likelihood" },
];
type State = { s: number[]; steps: number[] } & { [key: string]: Json };

function step(state: Json, losses: readonly (number | null)[], learningRate = 0.05) {
  if (uncertainty.needs !== "losses") throw new Error("uncertainty needs losses");
  return uncertainty.step(state, { losses, learningRate, random: random(0), step: 0, epoch: 0 });
}

function settle(losses: readonly (number | null)[]) {
  let state = uncertainty.init(tasks, {});
  for (let i = 0; i < 3000; i += 1) state = step(state, losses, 0.01).state;
  return step(state, losses).weights;
}

it("comes to rest at the weight 1 / (2L), for squared errors and cross-entropies alike", () => {
  const weights = settle([0.02, 1.5, -3]);
  expect(weights[0]).toBeCloseTo(1 / (2 * 0.02), 1); // s = log L, w = ½e^{−s}
  expect(weights[1]).toBeCloseTo(1 / (2 * 1.5), 3); // s = log 2L, w = e^{−s}
});

it("gives a loss with its own noise the weight 1, also below 0", () => {
  expect(settle([0.02, 1.5, -3])[2]).toBe(1);
});

it("starts from ½ and 1, and moves s down the gradient of the total in s", () => {
  const first = step(uncertainty.init(tasks, {}), [0.1, 3, 0]);
  expect(first.weights).toEqual([0.5, 1, 1]);
  const total = (s: number, a: number, loss: number) => a * Math.exp(-s) * loss + s / 2;
  const slope = (a: number, loss: number) => (total(1e-4, a, loss) - total(-1e-4, a, loss)) / 2e-4;
  const { s } = first.state as State;
  expect(Math.sign(s[0]!)).toBe(-Math.sign(slope(0.5, 0.1)));
  expect(Math.sign(s[1]!)).toBe(-Math.sign(slope(1, 3)));
});

it("leaves a task's noise alone in a batch without its labels", () => {
  const { state } = step(uncertainty.init(tasks, {}), [null, 2, 0]);
  expect((state as State).s[0]).toBe(0);
  expect((state as State).steps).toEqual([0, 1, 0]);
});
