import { describe, expect, it } from "vitest";
import { statistics } from "./statistics.js";
import { someDemonstrations } from "./testing/demonstrations.js";

const demos = await someDemonstrations(2, 10);
const indices = Array.from({ length: 20 }, (_, i) => i);

/** Of the whole numbers 0 … n − 1: mean (n − 1)/2, variance (n² − 1)/12. */
const uniform = (n: number) => ({ mean: (n - 1) / 2, std: Math.sqrt((n * n - 1) / 12) });

describe("statistics", () => {
  it("agrees with the closed form for bytes and floats", () => {
    const { features } = statistics(demos, indices);
    const [camera] = features.camera!.elements;
    expect(camera).toMatchObject({ min: 0, max: 19, mean: uniform(20).mean });
    expect(camera!.std).toBeCloseTo(uniform(20).std, 12);
    const [joint] = features.joints!.elements;
    expect(joint!.mean).toBeCloseTo(10, 6); // k + 1/2 by interpolation
    expect(joint!.std).toBeCloseTo(uniform(20).std, 6);
    expect(features.lidar!.elements).toHaveLength(2);
  });

  it("counts only the samples that have a label, and its classes", () => {
    const { labels } = statistics(demos, indices);
    expect(labels.steering!.count).toBe(16);
    expect(labels.sign).toMatchObject({ count: 16, classCounts: [8, 8] });
    expect(labels.next!.count).toBe(16);
    expect(labels.steering).not.toHaveProperty("classCounts");
  });

  it("puts every number into one bin of the range", () => {
    const { labels, features } = statistics(demos, indices);
    const { low, high, counts } = labels.steering!.histogram;
    expect([low, high]).toEqual([-0.45, 0.45]);
    expect(counts.reduce((a, b) => a + b)).toBe(16);
    expect(counts.findIndex((n) => n > 0)).toBe(32); // 0 rad is in the middle of 64 bins
    expect(features.camera!.histogram.counts.reduce((a, b) => a + b)).toBe(20 * 64);
  });

  it("looks at the given samples alone", () => {
    const { features, samples } = statistics(demos, [5, 6]);
    expect(samples).toBe(2);
    expect(features.camera!.elements[0]).toEqual({ min: 5, max: 6, mean: 5.5, std: 0.5 });
    expect(statistics(demos, [4]).labels.steering).toMatchObject({ count: 0, elements: [] });
  });
});
