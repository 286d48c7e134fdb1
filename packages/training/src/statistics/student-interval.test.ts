import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { normalCdf, normalQuantile } from "./normal.js";
import { pairedDifference } from "./paired-difference.js";
import { studentCdf, studentInterval } from "./student-interval.js";

describe("normalCdf", () => {
  it("meets tabled values and inverts", () => {
    expect(normalCdf(0)).toBe(0.5);
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalCdf(-3)).toBeCloseTo(0.0013498980316301035, 15);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe("studentCdf", () => {
  it("is Cauchy's for one degree of freedom and has a closed form for two", () => {
    for (const t of [-3, -0.5, 0, 0.2, 1, 7]) {
      expect(studentCdf(t, 1)).toBeCloseTo(0.5 + Math.atan(t) / Math.PI, 10);
      expect(studentCdf(t, 2)).toBeCloseTo(0.5 + t / (2 * Math.sqrt(2 + t * t)), 10);
    }
  });
});

describe("studentInterval", () => {
  it("uses the tabled quantile 2.776 for five values", () => {
    const { estimate, low, high } = studentInterval([1, 2, 3, 4, 5]);
    expect(estimate).toBe(3);
    expect(high - estimate).toBeCloseTo((2.7764451051977987 * Math.sqrt(2.5)) / Math.sqrt(5), 8);
    expect(estimate - low).toBeCloseTo(high - estimate, 12);
  });

  it("holds the mean of five normal values 95 % of the time", () => {
    const source = random(11);
    let held = 0;
    for (let r = 0; r < 2000; r += 1) {
      const { low, high } = studentInterval(Array.from({ length: 5 }, () => source.normal()));
      held += low <= 0 && 0 <= high ? 1 : 0;
    }
    expect(held / 2000).toBeGreaterThan(0.935);
    expect(held / 2000).toBeLessThan(0.965);
  });
});

describe("pairedDifference", () => {
  it("takes out what the pairs share", () => {
    const shared = [10, 200, -3000, 4];
    const result = pairedDifference(
      shared.map((v) => v + 1),
      shared,
      { seed: 1 },
    );
    expect(result).toMatchObject({ estimate: 1, low: 1, high: 1, method: "student-t", units: 4 });
  });

  it("bootstraps ten pairs and more, and changes sign with the columns", () => {
    const a = Array.from({ length: 12 }, (_, i) => i * i);
    const b = a.map((v, i) => v - (i % 3));
    const ab = pairedDifference(a, b, { seed: 1, method: "percentile" });
    const ba = pairedDifference(b, a, { seed: 1, method: "percentile" });
    expect(pairedDifference(a, b, { seed: 1 }).method).toBe("bca");
    expect(ab.estimate).toBe(1);
    expect(ba.low).toBeCloseTo(-ab.high, 12);
    expect(ab.low).toBeGreaterThan(0);
  });

  it("refuses columns of different length", () => {
    expect(() => pairedDifference([1, 2], [1], { seed: 1 })).toThrow(/Found 2 and 1 values/);
  });
});
