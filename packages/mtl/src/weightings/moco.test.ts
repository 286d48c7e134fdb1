import { describe, it } from "vitest";
import { combine } from "../combination/combine.js";
import { describeCombination, expectClose, length, three, two } from "./describe-combination.js";
import { describeWeighting } from "./describe-weighting.js";
import { moco } from "./moco.js";

describeWeighting(moco);
describeCombination(moco, { symmetric: true });

describe("moco", () => {
  it("tracks gradients: after many steps on one Jacobian it is the shortest combination", () => {
    const options = { beta: 0.5, beta_sigma: 0, gamma: 0.02, gamma_sigma: 0 };
    const shortest = combine({ method: "mgda", jacobian: three }).direction;
    expectClose(combine({ method: "moco", jacobian: three, options, steps: 3000 }).direction, shortest, 1e-5);
  });

  it("takes the first step from 0: β times the gradients, and λ from their products", () => {
    const options = { beta: 0.5, gamma: 0.1 };
    // y = J / 2; λ = Π(½ − 0.1 · (J Jᵀ / 4) (½, ½)) with J Jᵀ = [[18, −22], [−22, 38]].
    const slope = [(18 - 22) / 8, (38 - 22) / 8];
    const lambda = [0.5 + 0.05 * (slope[1]! - slope[0]!), 0.5 - 0.05 * (slope[1]! - slope[0]!)];
    const wanted = two[0]!.map((_, k) => 0.5 * (lambda[0]! * two[0]![k]! + lambda[1]! * two[1]![k]!));
    expectClose(combine({ method: "moco", jacobian: two, options }).direction, wanted, 1e-6);
  });

  it("gives each gradient its loss as length where told, as LibMTL does", () => {
    const options = { scale_by_loss: true, projection: "softmax", beta: 1, beta_sigma: 0, gamma: 1e-9 };
    const [a, b] = two.map((row) => row.map((value) => value / length(row)));
    const wanted = a!.map((value, k) => 0.5 * (2 * value + 3 * b![k]!));
    expectClose(combine({ method: "moco", jacobian: two, losses: [2, 3], options }).direction, wanted, 1e-6);
  });
});
