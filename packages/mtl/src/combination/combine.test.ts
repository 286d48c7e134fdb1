import { describe, expect, it } from "vitest";
import { weightings } from "../weightings/index.js";
import { combine } from "./combine.js";

const jacobian = [
  [-4, 1, 1],
  [6, 1, 1],
];
const tasks = { losses: [1, 2], seed: 1 };

describe("combine", () => {
  it("gives weights that make the direction, for every method that names weights", () => {
    for (const { name } of weightings) {
      const options = name === "constant" ? { weights: [1, 2] } : {};
      const rows = name === "krum" ? [...jacobian, [1, 0, 0], [0, 1, 1]] : jacobian;
      const { weights, direction } = combine({
        method: name,
        jacobian: rows,
        options,
        losses: rows.map((_, t) => t + 1),
      });
      expect(direction).toHaveLength(3);
      if (!weights) continue;
      direction.forEach((value, k) => {
        expect(value).toBeCloseTo(
          rows.reduce((sum, row, t) => sum + weights[t]! * row[k]!, 0),
          5,
        );
      });
    }
  });

  it("goes on from step to step, as one run does", () => {
    const [once, thrice] = [1, 3].map((steps) => combine({ method: "gradnorm", jacobian, ...tasks, steps }));
    expect(once!.weights).toEqual([1, 1]);
    expect(thrice!.weights).not.toEqual([1, 1]);
    expect(thrice!.steps).toBe(3);
  });

  it("reads one Jacobian a step where a list is given", () => {
    const other = [
      [1, 0, 0],
      [0, 2, 0],
    ];
    expect(combine({ method: "sum", jacobian: [jacobian, other] })).toEqual({
      weights: [1, 1],
      direction: [1, 2, 0],
      steps: 2,
    });
  });

  it("leaves tasks without label out", () => {
    const found = combine({ method: "upgrad", jacobian, losses: [1, null] });
    expect(found.weights).toEqual([1, 0]);
  });

  it.each([
    [{ method: "no-such" }, /method is one of aligned-mtl, .*Found "no-such"/],
    [{ jacobian: [] }, /jacobian is a list of rows/],
    [{ jacobian: [[1, 2], [3]] }, /rows of one length, 2\. Found row 2 of 1/],
    [{ jacobian: [[1, "a"]] }, /row 1: \[1,"a"\]/],
    [{ jacobian: { a: 1 } }, /Found \{"a":1\}/],
    [{ jacobian: [jacobian, [[1]]] }, /one shape in all steps, \[2, 3\]\. Found \[1, 1\] at step 2/],
    [{ losses: [1] }, /2 finite numbers/],
    [{ method: "famo", losses: undefined }, /famo is given the tasks' losses\. Found none/],
    [{ options: { c: 1 } }, /the option c/],
    [{ method: "cagrad", options: { c: -1 } }, /c is a number of at least 0\. Found -1/],
    [{ method: "aligned-mtl", options: { scale_mode: "max" } }, /one of min, median, rmse\. Found "max"/],
    [{ steps: 0 }, /steps is a whole number from 1/],
    [{ seed: -1 }, /seed is a whole number from 0/],
    [{ method: "modo", secondJacobian: [[1, 2]] }, /shape of jacobian/],
  ])("refuses %j", (more, message) => {
    expect(() => combine({ method: "upgrad", jacobian, ...tasks, ...more })).toThrow(message as RegExp);
  });
});
