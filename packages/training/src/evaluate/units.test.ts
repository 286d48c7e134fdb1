import { describe, expect, it } from "vitest";
import { syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { unitsOf } from "./units.js";

const all = (n: number) => Array.from({ length: n }, (_, i) => i);

describe("unitsOf", () => {
  it("takes episodes where there are enough", () => {
    const units = unitsOf(syntheticDemonstrations({ episodes: 8, samplesPerEpisode: 5, seed: 1 }), all(40));
    expect(units).toMatchObject({ kind: "episodes", count: 8 });
    expect([units.of.get(4), units.of.get(5)]).toEqual([0, 1]);
  });

  it("cuts few episodes into contiguous blocks of at least a second that span no border", () => {
    const units = unitsOf(syntheticDemonstrations({ episodes: 2, samplesPerEpisode: 101, seed: 1 }), all(202));
    expect(units).toMatchObject({ kind: "blocks", blockSec: 1, count: 10 }); // 20 Hz: 5 s an episode
    expect(units.of.get(100)).toBe(4);
    expect(units.of.get(101)).toBe(5);
    const order = all(202).map((i) => units.of.get(i)!);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it("counts only the samples that were asked for", () => {
    const demonstrations = syntheticDemonstrations({ episodes: 9, samplesPerEpisode: 5, seed: 1 });
    expect(unitsOf(demonstrations, [0, 1, 12]).of.size).toBe(3);
  });
});
