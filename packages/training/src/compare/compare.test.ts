import { parseContract, virtualClock } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { studentInterval } from "../statistics/index.js";
import { syntheticContractText, syntheticDemonstrations } from "../testing/synthetic-demonstrations.js";
import { compare } from "./compare.js";
import { comparisonReport, comparisonText } from "./compare-report.js";
import { hurtWarnings } from "./hurt-warnings.js";
import { singleTaskContract } from "./single-task-contract.js";

const contract = parseContract(syntheticContractText);
const demonstrations = syntheticDemonstrations({ episodes: 6, samplesPerEpisode: 30, seed: 2 });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const base = {
  contract,
  demonstrations,
  split: { train: range(0, 120), validation: [], test: range(120, 180) },
  settings: { epochs: 6, batchSize: 30, learningRate: 5e-3, augmentation: {} },
  clock: virtualClock(),
};

describe("singleTaskContract", () => {
  it("keeps the primary heads alone, and all else", () => {
    const single = singleTaskContract(contract);
    expect(Object.keys(single.heads)).toEqual(["steering"]);
    expect({ ...single, heads: contract.heads }).toEqual(contract);
  });
});

describe("compare", () => {
  it("trains both columns for each seed and pairs their differences", async () => {
    const runs: string[] = [];
    const result = await compare({
      ...base,
      seeds: [1, 2, 3],
      onProgress: ({ column, seed }, p) => p.kind === "epoch" && p.entry.epoch === 0 && runs.push(`${column} ${seed}`),
    });
    expect(runs).toEqual([
      "single-task 1",
      "multi-task 1",
      "single-task 2",
      "multi-task 2",
      "single-task 3",
      "multi-task 3",
    ]);
    const r2 = result.metrics[0]!;
    expect([r2.head, r2.metric.name]).toEqual(["steering", "r2"]);
    const [single, multi] = r2.columns;
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(r2.differences[0]!.interval.estimate).toBeCloseTo(mean(multi!.values) - mean(single!.values), 12);
    expect(r2.differences[0]!.interval).toMatchObject({ method: "student-t", units: 3 });
    expect(comparisonText(result)).toMatch(/steering R²: single-task [\d.]+ \[.*multi-task − single-task/);
    expect(comparisonReport("Columns", result)).toContain("multi-task − single-task");
  });

  it("gives the same numbers for the same seed, and a difference of 0 between equal columns", async () => {
    const columns = [
      { name: "one", contract: singleTaskContract(contract) },
      { name: "same", contract: singleTaskContract(contract) },
    ];
    const result = await compare({ ...base, seeds: [5, 6], columns });
    expect(result.metrics[0]!.differences[0]!.interval).toMatchObject({ estimate: 0, low: 0, high: 0 });
    expect(result.warnings).toEqual([]);
  });

  it("refuses to compare nothing", async () => {
    await expect(compare({ ...base, seeds: [] })).rejects.toThrow(/Found 0 seeds/);
  });
});

describe("hurtWarnings", () => {
  const difference = (low: number, high: number, better: "higher" | "lower" = "higher") => ({
    head: "steering",
    metric: { name: "m", title: "M", unit: "1", better },
    differences: [{ name: "multi-task", interval: { ...studentInterval([low, high]), low, high } }],
  });

  it("warns only where the whole interval is on the bad side, whichever side that is", () => {
    expect(hurtWarnings([difference(-0.3, -0.1)], "single-task")).toEqual([
      "multi-task is worse than single-task at steering (M): its further heads hurt here.",
    ]);
    expect(hurtWarnings([difference(-0.3, 0.1)], "single-task")).toEqual([]);
    expect(hurtWarnings([difference(0.1, 0.3)], "single-task")).toEqual([]);
    expect(hurtWarnings([difference(0.1, 0.3, "lower")], "single-task")).toHaveLength(1);
    expect(hurtWarnings([difference(Number.NaN, Number.NaN)], "single-task")).toEqual([]);
  });

  it("goes by each head's chief metric alone", () => {
    expect(hurtWarnings([difference(-1, 1), difference(-2, -1)], "single-task")).toEqual([]);
  });
});
