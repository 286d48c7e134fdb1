import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { constant } from "./constant.js";
import { two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import type { WeightingTask } from "./weighting.js";

const given = {
  ...constant,
  init: (tasks: readonly WeightingTask[], options: Readonly<Record<string, unknown>>) =>
    constant.init(tasks, { weights: tasks.map((_, t) => t + 1), ...options }),
};
describeWeighting(given);

describe("constant", () => {
  it("keeps the weights that it is given", () => {
    const { weights, direction } = combine({
      method: "constant",
      jacobian: two,
      options: { weights: [2, -3] },
      steps: 5,
    });
    expect(weights).toEqual([2, -3]);
    expect(direction).toEqual([-26, -1, -1]);
  });

  it("refuses another number of weights, and none", () => {
    const go = (options: Record<string, unknown>) => () => combine({ method: "constant", jacobian: two, options });
    expect(go({ weights: [1, 2, 3] })).toThrow(/one number a task, 2 in all\. Found 3\./);
    expect(go({})).toThrow(/Found 0\./);
  });
});
