import { describe, expect, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { random } from "./random.js";

describeWeighting(random);
describeCombination(random, { symmetric: false, degree: 1 });

describe("random", () => {
  it("is rlw by another name", () => {
    expect(combine({ method: "random", jacobian: two, seed: 9 })).toEqual(
      combine({ method: "rlw", jacobian: two, seed: 9 }),
    );
  });
});
