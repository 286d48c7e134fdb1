import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { areaSpans } from "./area-spans.js";

describe("areaSpans", () => {
  it("covers whole pixels where the sizes divide", () => {
    const { first, start, weights } = areaSpans(0, 6, 3);
    expect([...first]).toEqual([0, 2, 4]);
    expect([...start]).toEqual([0, 2, 4, 6]);
    expect([...weights]).toEqual([1, 1, 1, 1, 1, 1]);
  });
  it("shares a pixel between two cells where they do not", () => {
    const { first, start, weights } = areaSpans(0, 3, 2);
    expect([...first]).toEqual([0, 1]);
    expect([...start]).toEqual([0, 2, 4]);
    expect([...weights]).toEqual([1, 0.5, 0.5, 1]);
  });
  it("covers every piece of the interval once and nothing outside", () => {
    const interval = fc.tuple(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(interval, fc.integer({ min: 1, max: 200 }), ([size, part, share], n) => {
        const from = part * size;
        const to = from + share * (size - from);
        const { first, start, weights, cell } = areaSpans(from, to, n);
        const covered = new Float64Array(size);
        for (let i = 0; i < n; i += 1) {
          let sum = 0;
          for (let k = start[i]!, p = first[i]!; k < start[i + 1]!; k += 1, p += 1) {
            expect(p).toBeLessThan(size);
            covered[p]! += weights[k]!;
            sum += weights[k]!;
          }
          expect(Math.abs(sum - cell)).toBeLessThan(1e-8);
        }
        for (let p = 0; p < size; p += 1) {
          const inside = Math.max(0, Math.min(to, p + 1) - Math.max(from, p));
          expect(Math.abs(covered[p]! - inside)).toBeLessThan(1e-6);
        }
      }),
    );
  });
});
