import type { Contract } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { noSnapshots, primaryLoss, takeSnapshots } from "./snapshots.js";
import { averageWeights } from "./weight-average.js";

const contract = {
  heads: {
    steering: { role: "primary", loss_scale: 2 },
    sign: { role: "auxiliary", loss_scale: 1 },
    depth: { role: "auxiliary", loss_scale: 1 },
  },
} as unknown as Contract;
const weightsOf = (epoch: number) => () => ({ w: Float32Array.of(epoch) });

function run(losses: readonly Record<string, number | null>[]) {
  return losses.reduce((s, l, epoch) => takeSnapshots(s, contract, epoch, l, weightsOf(epoch)), noSnapshots);
}

describe("takeSnapshots", () => {
  it("keeps each head's best epoch and deploys the primary's", () => {
    const result = run([
      { steering: 3, sign: 1, depth: null },
      { steering: 1, sign: 2, depth: null },
      { steering: 2, sign: 0.5, depth: null },
      { steering: 1, sign: 4, depth: null },
    ]);
    expect(result.best).toEqual({ steering: { epoch: 1, loss: 1 }, sign: { epoch: 2, loss: 0.5 } });
    expect(result.deployed).toEqual({ epoch: 1, loss: 2 });
    expect([...result.weights.keys()].sort()).toEqual([1, 2]);
    expect(result.weights.get(1)!.w![0]).toBe(1);
  });

  it("deploys the same model whatever the auxiliary heads do", () => {
    const steering = [3, 1, 2];
    const quiet = run(steering.map((s) => ({ steering: s, sign: 1, depth: 1 })));
    const loud = run(steering.map((s, i) => ({ steering: s, sign: 9 - i, depth: null })));
    expect(loud.deployed).toEqual(quiet.deployed);
    expect(loud.weights.get(1)).toEqual(quiet.weights.get(1));
  });

  it("scales the primary loss and never takes one that is missing", () => {
    expect(primaryLoss(contract, { steering: 3, sign: 7 })).toBe(6);
    expect(run([{ steering: null, sign: 1, depth: 1 }]).deployed.epoch).toBe(-1);
  });
});

describe("averageWeights", () => {
  it("starts at the first weights, then follows (1 + t) / (10 + t), then the decay", () => {
    const at = (v: number) => ({ w: Float32Array.of(v) });
    const first = averageWeights(undefined, at(1), 0.5, 0);
    expect(first.w![0]).toBe(1);
    expect(averageWeights(first, at(12), 0.5, 1).w![0]).toBeCloseTo((2 / 11) * 1 + (9 / 11) * 12, 5);
    expect(averageWeights(at(1), at(3), 0.5, 1000).w![0]).toBe(2);
  });
});
