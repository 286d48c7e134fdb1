import { describe, expect, it } from "vitest";
import { paintClass } from "./markings.js";
import { generateTrack } from "./track.js";

describe("generateTrack", () => {
  it("gives the same track for the same seed and another for another", () => {
    const [a, again, b] = [generateTrack(3), generateTrack(3), generateTrack(4)];
    expect(again.course.x).toEqual(a.course.x);
    expect(b.course.x).not.toEqual(a.course.x);
  });

  it("keeps the driven lane's bends and widths within what was asked", () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const track = generateTrack(seed, { lanes: seed % 2 === 0 ? 1 : 2, laneWidthM: [0.6, 0.7], minRadiusM: 1.1 });
      for (let s = 0; s < track.lengthM; s += 0.1) {
        expect(Math.abs(track.laneAt(s).curvature)).toBeLessThan(1 / 1.05);
        expect(track.laneWidthM(s)).toBeGreaterThanOrEqual(0.6);
        expect(track.laneWidthM(s)).toBeLessThanOrEqual(0.7);
      }
    }
  });

  it("gives lane headings and curvatures that finite differences of the lane's points confirm", () => {
    const track = generateTrack(7, { lanes: 2 });
    for (let s = 1; s < track.lengthM - 1; s += 0.37) {
      const [before, here, after] = [track.laneAt(s - 0.2), track.laneAt(s), track.laneAt(s + 0.2)];
      const heading = Math.atan2(after.y - before.y, after.x - before.x);
      expect(Math.abs(Math.sin(heading - here.headingRad))).toBeLessThan(0.02);
      const turn = Math.atan2(
        Math.sin(after.headingRad - before.headingRad),
        Math.cos(after.headingRad - before.headingRad),
      );
      expect(Math.abs(turn / Math.hypot(after.x - before.x, after.y - before.y) - here.curvature)).toBeLessThan(0.12);
    }
  });

  it("puts the driven lane right of the middle of a road with two lanes", () => {
    const track = generateTrack(2, { lanes: 2 });
    expect(track.laneCentreM(3)).toBeCloseTo(-track.laneWidthM(3) / 2, 12);
    expect(track.halfWidthM(3)).toBeCloseTo(track.laneWidthM(3), 12);
    const located = track.course.locate(track.laneAt(3).x, track.laneAt(3).y);
    expect(located.lateralM).toBeCloseTo(track.laneCentreM(3), 3);
  });

  it("paints solid, dashed and missing lines over the seeds", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 30; seed += 1) {
      const track = generateTrack(seed);
      for (const marking of track.markings)
        for (let s = 0; s < track.lengthM; s += 1) seen.add(`${marking.paintAt(s)} ${paintClass(marking, s)}`);
    }
    expect([...seen].sort()).toEqual(
      ["dashed 0", "dashed 2", "missing 0", "solid 1", "worn_dashed 0", "worn_dashed 2", "worn_solid 1"].sort(),
    );
  });
});
