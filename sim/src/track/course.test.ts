import { random } from "@polypilot/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { courseOf, generateCourse } from "./course.js";

const options = { lengthM: 50, minRadiusM: 1.2, clearanceM: 1.8 };

describe("courseOf", () => {
  it("gives a circle its radius' curvature and its points their heading", () => {
    const radius = 3;
    const n = 400;
    const angle = (i: number) => (2 * Math.PI * i) / n;
    const course = courseOf(
      Float64Array.from({ length: n }, (_, i) => radius * Math.cos(angle(i))),
      Float64Array.from({ length: n }, (_, i) => radius * Math.sin(angle(i))),
      (2 * Math.PI * radius) / n,
    );
    const quarter = course.at((Math.PI / 2) * radius);
    expect(quarter.curvature).toBeCloseTo(1 / radius, 3);
    expect(quarter.x).toBeCloseTo(0, 3);
    expect(quarter.y).toBeCloseTo(radius, 3);
    expect(Math.abs(quarter.headingRad)).toBeCloseTo(Math.PI, 3);
    const inside = course.locate(0, 2.5);
    expect(inside.lateralM).toBeCloseTo(0.5, 3); // the inside of a left bend is to the left
    expect(inside.progressM).toBeCloseTo((Math.PI / 2) * radius, 3);
  });
});

describe("generateCourse", () => {
  it("closes, keeps the radius and keeps away from itself", () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const course = generateCourse(random(seed), options);
      const n = course.x.length;
      expect(Math.hypot(course.x[n - 1]! - course.x[0]!, course.y[n - 1]! - course.y[0]!)).toBeLessThan(0.06);
      expect(Math.max(...course.curvature.map(Math.abs))).toBeLessThanOrEqual(1 / options.minRadiusM);
      let nearest = Number.POSITIVE_INFINITY;
      for (let i = 0; i < n; i += 7) {
        for (let j = i + 7; j < n; j += 7) {
          const along = Math.min(j - i, n - j + i) * course.stepM;
          const apart = Math.hypot(course.x[i]! - course.x[j]!, course.y[i]! - course.y[j]!);
          if (along > 4 && apart < nearest) nearest = apart;
        }
      }
      expect(nearest).toBeGreaterThan(options.clearanceM - 0.2);
    }
  });

  it("bends both ways over the seeds", () => {
    const signs = Array.from({ length: 10 }, (_, seed) => generateCourse(random(seed), options).curvature);
    const share = signs.map((k) => k.filter((v) => v > 0.1).length / k.filter((v) => Math.abs(v) > 0.1).length);
    expect(Math.min(...share)).toBeLessThan(0.4);
    expect(Math.max(...share)).toBeGreaterThan(0.6);
  });

  it("locates what it places", () => {
    const course = generateCourse(random(5), options);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.double({ min: -0.7, max: 0.7, noNaN: true }),
        (share, lateral) => {
          const progressM = share * course.lengthM;
          const p = course.at(progressM);
          const found = course.locate(p.x - lateral * Math.sin(p.headingRad), p.y + lateral * Math.cos(p.headingRad));
          const off = found.progressM - progressM;
          expect(Math.abs(off - course.lengthM * Math.round(off / course.lengthM))).toBeLessThan(0.01);
          expect(found.lateralM).toBeCloseTo(lateral, 3);
        },
      ),
    );
  });

  it("refuses a course that cannot be, and says what to change", () => {
    expect(() => generateCourse(random(1), { lengthM: 8, minRadiusM: 4, clearanceM: 2 })).toThrow(
      /SIM_TRACK|Make the course longer/,
    );
  });
});
