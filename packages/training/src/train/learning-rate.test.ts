import { describe, expect, it } from "vitest";
import { learningRateAt } from "./learning-rate.js";

const schedule = { peak: 0.01, warmUpSteps: 10, totalSteps: 111, floor: 0.1 };

describe("learningRateAt", () => {
  it("rises in a straight line, peaks after the warm-up, and ends at the floor", () => {
    expect(learningRateAt(0, schedule)).toBeCloseTo(0.001, 12);
    expect(learningRateAt(4, schedule)).toBeCloseTo(0.005, 12);
    expect(learningRateAt(10, schedule)).toBe(0.01);
    expect(learningRateAt(60, schedule)).toBeCloseTo(0.01 * (0.1 + 0.9 * 0.5), 12);
    expect(learningRateAt(110, schedule)).toBeCloseTo(0.001, 12);
    expect(learningRateAt(500, schedule)).toBeCloseTo(0.001, 12);
  });

  it("needs no warm-up", () => {
    expect(learningRateAt(0, { ...schedule, warmUpSteps: 0 })).toBe(0.01);
  });
});
