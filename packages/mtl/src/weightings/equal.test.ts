import { expect, it } from "vitest";
import { decide, describeWeighting } from "./describe-weighting.js";
import { equal } from "./equal.js";

describeWeighting(equal);

it("gives every task the weight 1", () => {
  expect(decide(equal, equal.init([], {}), 0).numbers).toEqual([1, 1, 1]);
});
