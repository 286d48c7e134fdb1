import type { Demonstrations } from "@polypilot/dataset";
import { describe, expect, it } from "vitest";
import { readContract } from "../contract-file.js";
import { shipped } from "../repository.js";
import { compare } from "./compare.js";
import { keepHeads } from "./keep-heads.js";
import { partOf } from "./part-of.js";

/** Four episodes of two samples, out of order in time: sample i has the feature [i], and odd ones a label. */
const demonstrations = {
  episodes: [30n, 10n, 40n, 20n].map((start, i) => ({ id: `e${start}`, start, first: 2 * i, count: 2 })),
  size: 8,
  labelled: { steering: 4 },
  sample: (index: number) => ({ stampNs: BigInt(index) }),
  feature: (_stream: string, index: number) => Float32Array.of(index),
  label: (_head: string, index: number) => (index % 2 === 1 ? Float32Array.of(index) : undefined),
} as unknown as Demonstrations;

describe("partOf", () => {
  it("cuts by time, not by order in the files, and shares no sample", () => {
    const first = partOf(demonstrations, "first", 0.25);
    const last = partOf(demonstrations, "last", 0.25);
    expect(first.episodes.map(({ id, first: at }) => [id, at])).toEqual([
      ["e10", 0],
      ["e20", 2],
      ["e30", 4],
    ]);
    expect(last.episodes.map(({ id }) => id)).toEqual(["e40"]);
    const values = (part: Demonstrations) => Array.from({ length: part.size }, (_, i) => part.feature("camera", i)[0]);
    expect(values(first)).toEqual([2, 3, 6, 7, 0, 1]);
    expect(values(last)).toEqual([4, 5]);
    expect(first.labelled).toEqual({ steering: 3 });
    expect(last.label("steering", 1)![0]).toBe(5);
  });

  it("refuses to leave nothing", () => {
    expect(() => partOf(demonstrations, "first", 0.9)).toThrow(/leave|left out/);
  });
});

describe("keepHeads", () => {
  it("keeps the heads named, and comments and all else as written", async () => {
    const file = await readContract(shipped("contracts/sim-car.yaml"));
    const single = keepHeads(file, ["steering"]);
    expect(Object.keys(single.contract.heads)).toEqual(["steering"]);
    expect(single.contract).toEqual({ ...file.contract, heads: { steering: file.contract.heads.steering } });
    expect(single.text).toContain("# The contract of the built-in simulator's car");
  });

  it("refuses heads that the contract has not", async () => {
    const file = await readContract(shipped("contracts/sim-car.yaml"));
    expect(() => keepHeads(file, ["steering", "mood"])).toThrow(/Found mood/);
  });
});

describe("compare", () => {
  it("takes differences track by track from the first column", () => {
    const track = (seed: number, autonomy: number) => ({
      ...{ seed, autonomy, elapsedSec: 60, interventions: 0, distanceM: 0, meanSpeedMps: 1, lateralMeanM: 0.1 },
      ...{ lateralRmsM: 0.1, steeringRateRms: 1, lateralJerkRms: 1, commandsSha256: "" },
    });
    const column = (name: string, values: number[]) => ({
      name,
      runtime: "",
      tracks: values.map((v, i) => track(i, v)),
    });
    const [autonomy] = compare([column("a", [0.5, 0.7, 0.9]), column("b", [0.6, 0.8, 1])], 1);
    expect(autonomy!.columns.map(({ estimate }) => estimate)).toEqual([
      expect.closeTo(0.7, 12),
      expect.closeTo(0.8, 12),
    ]);
    expect(autonomy!.differences[0]).toBeUndefined();
    // Each pair differs by 0.1, so that the interval has no width though the tracks differ much.
    expect(autonomy!.differences[1]).toMatchObject({
      estimate: expect.closeTo(0.1, 12),
      low: expect.closeTo(0.1, 9),
      high: expect.closeTo(0.1, 9),
    });
  });
});
