import type { Limits } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { approach, type Limited } from "./limiter.js";

const limits: Limits = { value: [-0.45, 0.45], rate: 5, acceleration: 200 };
const still: Limited = { value: 0, rate: 0 };

function run(from: Limited, target: number, steps: number, dtSec: number, of = limits): Limited[] {
  const all = [from];
  for (let i = 0; i < steps; i += 1) all.push(approach(of, all.at(-1)!, target, dtSec));
  return all;
}

describe("approach", () => {
  it("keeps value, rate and acceleration limits for any targets and steps", () => {
    const step = fc.record({
      target: fc.oneof(fc.double({ min: -3, max: 3, noNaN: true }), fc.constantFrom(-Infinity, Infinity, 0, 0.45)),
      dtSec: fc.oneof(fc.double({ min: 1e-6, max: 0.2, noNaN: true }), fc.constantFrom(0.02, 1e-6, 2)),
    });
    const some = fc.record({
      value: fc.constantFrom([-0.45, 0.45], [0, 2], [-1, 0.1]) as fc.Arbitrary<[number, number]>,
      rate: fc.double({ min: 0.1, max: 10, noNaN: true }),
      acceleration: fc.double({ min: 0.1, max: 500, noNaN: true }),
    });
    fc.assert(
      fc.property(some, fc.array(step, { maxLength: 60 }), (of, steps) => {
        let at = still;
        for (const { target, dtSec } of steps) {
          const next = approach(of, at, target, dtSec);
          const rate = (next.value - at.value) / dtSec;
          expect(next.value).toBeGreaterThanOrEqual(of.value[0]);
          expect(next.value).toBeLessThanOrEqual(of.value[1]);
          expect(Math.abs(rate)).toBeLessThanOrEqual(of.rate + 1e-6);
          expect(Math.abs(rate - at.rate)).toBeLessThanOrEqual(of.acceleration * dtSec + 1e-5);
          expect(rate).toBeCloseTo(next.rate, 5);
          at = next;
        }
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("arrives at the target exactly and without overshoot", () => {
    const values = run(still, 0.3, 40, 0.02).map((s) => s.value);
    expect(values.at(-1)).toBe(0.3);
    expect(Math.max(...values)).toBe(0.3);
    expect(run(still, 0.3, 40, 0.02).at(-1)!.rate).toBe(0);
  });

  it("covers a long way at the rate limit: n steps of rate·dt once it is reached", () => {
    const wide: Limits = { value: [-100, 100], rate: 3, acceleration: 60 };
    const values = run(still, 100, 11, 0.01, wide).map((s) => s.value);
    // Rates 0.6, 1.2, 1.8, 2.4, 3, 3, …: 0.01·(0.6 + 1.2 + 1.8 + 2.4 + 3·7)
    expect(values.at(-1)).toBeCloseTo(0.27, 12);
  });

  it("changes nothing in a step of no or negative length", () => {
    expect(approach(limits, { value: 0.1, rate: 2 }, 0.4, 0)).toEqual({ value: 0.1, rate: 2 });
    expect(approach(limits, { value: 0.1, rate: 2 }, 0.4, -1)).toEqual({ value: 0.1, rate: 2 });
  });
});
