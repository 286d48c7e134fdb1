import { msToNs, random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { latencyHistogram } from "./latency-histogram.js";

describe("latencyHistogram", () => {
  it("gives the quantiles of what it was told to 0.1 ms", () => {
    const chance = random(1);
    const all = Array.from({ length: 5000 }, () => chance.uniform() * 50);
    const histogram = latencyHistogram();
    for (const ms of all) histogram.add(msToNs(ms));
    all.sort((a, b) => a - b);
    for (const q of [0.01, 0.5, 0.99, 1]) {
      const exact = all[Math.ceil(q * all.length) - 1]!;
      expect(histogram.quantileMs(q)).toBeGreaterThanOrEqual(exact - 1e-6);
      expect(histogram.quantileMs(q)).toBeLessThanOrEqual(exact + 0.1 + 1e-6);
    }
    expect(histogram.count).toBe(5000);
  });

  it("has no quantile while empty, and an infinite one over 1 s", () => {
    const histogram = latencyHistogram();
    expect(histogram.quantileMs(0.5)).toBeNaN();
    histogram.add(msToNs(1001));
    expect(histogram.quantileMs(0.5)).toBe(Infinity);
  });
});
