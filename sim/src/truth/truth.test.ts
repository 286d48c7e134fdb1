import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import { camera } from "../camera/camera.js";
import { paintClass } from "../track/markings.js";
import { generateTrack } from "../track/track.js";
import type { MotionState } from "../vehicle/motion.js";
import { vehicleAt } from "../vehicle/vehicle.js";
import type { Prop } from "../world/prop.js";
import { generateWorld } from "../world/world.js";
import { drivableMask, markingMask } from "./masks.js";
import { nearestObstacle, nearestSign } from "./sight.js";
import { truthOf } from "./truth.js";

function standing(track: ReturnType<typeof generateTrack>, progressM: number, leftM: number, turnRad = 0): MotionState {
  const lane = track.laneAt(progressM);
  const x = lane.x - leftM * Math.sin(lane.headingRad);
  const y = lane.y + leftM * Math.cos(lane.headingRad);
  return {
    ...vehicleAt(x, y, lane.headingRad + turnRad),
    odomX: 0,
    odomY: 0,
    odomYawRad: 0,
    wheelRad: [0, 0, 0, 0],
    progressM,
  };
}

describe("truthOf", () => {
  const track = generateTrack(11, { lanes: 2 });

  it("gives an offset that is positive to the left and changes sign to the right", () => {
    for (const [left, turn] of [
      [0.1, 0.2],
      [-0.1, -0.2],
    ] as const) {
      const truth = truthOf(standing(track, 4, left, turn), track, 5n);
      expect(truth.laneOffsetM).toBeCloseTo(left, 2);
      expect(truth.headingErrorRad).toBeCloseTo(turn, 2);
      expect(truth.progressM).toBeCloseTo(4, 1);
      expect(truth.stampNs).toBe(5n);
    }
  });

  it("gives the road's edges about the car and whether it is on the road", () => {
    const truth = truthOf(standing(track, 9, 0.05), track, 0n);
    expect(truth.leftEdgeM - truth.rightEdgeM).toBeCloseTo(2 * track.halfWidthM(9), 2);
    expect(-truth.rightEdgeM).toBeCloseTo(track.laneWidthM(9) / 2 + 0.05, 2);
    expect(truth.laneCount).toBe(2);
    expect(truth.onRoad).toBe(true);
    expect(truthOf(standing(track, 9, -0.6), track, 0n).onRoad).toBe(false);
  });

  it("tells the curvature one metre on", () => {
    expect(truthOf(standing(track, 6, 0), track, 0n).curvatureAhead).toBeCloseTo(track.laneAt(7).curvature, 2);
  });
});

describe("masks", () => {
  it("agree with projecting the road's own geometry, pixel by pixel, at two sizes", () => {
    for (const [width, height, seed] of [
      [160, 120, 21],
      [64, 48, 22],
    ] as const) {
      const world = generateWorld(seed, { props: [] });
      const { track, map } = world;
      const eye = camera(random(seed), world, width, height);
      let [seen, drivableAgree, markings, markingsAgree] = [0, 0, 0, 0];
      for (let round = 0; round < 6; round += 1) {
        const state = standing(track, round * 6 + 1, 0.1 - 0.04 * round, 0.1 * (round - 3));
        eye.capture(state, 0, round);
        const drivable = drivableMask(eye, map, state);
        const marking = markingMask(eye, map, state);
        for (let k = 0; k < eye.rays.ground.length; k += 1) {
          const i = eye.rays.ground[k]!;
          const [gx, gy] = [eye.rays.groundX[k]!, eye.rays.groundY[k]!];
          if (gx > 3) continue;
          const { progressM, lateralM } = track.course.locate(
            state.x + Math.cos(state.yawRad) * gx - Math.sin(state.yawRad) * gy,
            state.y + Math.sin(state.yawRad) * gx + Math.cos(state.yawRad) * gy,
          );
          const half = track.halfWidthM(progressM);
          seen += 1;
          if (drivable[i] === (Math.abs(lateralM) <= half ? 1 : 0)) drivableAgree += 1;
          const line = track.markings.find((m) => {
            const side = m.line === "left" ? 1 : m.line === "right" ? -1 : 0;
            return Math.abs(lateralM - side * (half - 0.015 - m.widthM / 2)) < m.widthM / 2;
          });
          const expected = line ? paintClass(line, progressM) : 0;
          if (expected > 0) {
            markings += 1;
            const worn = line?.paintAt(progressM).startsWith("worn");
            if (marking[i] === expected || worn) markingsAgree += 1;
          }
        }
      }
      expect(drivableAgree / seen).toBeGreaterThan(0.985);
      expect(markings).toBeGreaterThan(50);
      expect(markingsAgree / markings).toBeGreaterThan(0.7); // cells of 2 cm round lines of 3 to 5 cm
    }
  });

  it("hide the road behind a thing", () => {
    const world = generateWorld(21, { lanes: 1 });
    const lane = world.track.laneAt(5);
    const box: Prop = {
      kind: "box",
      x: lane.x + Math.cos(lane.headingRad),
      y: lane.y + Math.sin(lane.headingRad),
      yawRad: lane.headingRad,
      lengthM: 0.3,
      widthM: 0.5,
      heightM: 0.3,
      colour: 0xffffff,
    };
    const count = (props: readonly Prop[]) => {
      const own = generateWorld(21, { lanes: 1, props });
      const eye = camera(random(1), own, 160, 120);
      const state = standing(own.track, 5, 0);
      eye.capture(state, 0, 0);
      return drivableMask(eye, own.map, state).reduce((sum, v) => sum + v, 0);
    };
    expect(count([box])).toBeLessThan(0.9 * count([]));
  });
});

describe("sight", () => {
  const world = generateWorld(21, { props: [] });
  const eye = camera(random(1), world, 160, 120);
  const pose = { x: 0, y: 0, yawRad: Math.PI / 2 };
  const sign = (ahead: number, kind: "stop" | "speed_limit", yawRad = -Math.PI / 2): Prop => ({
    kind: "sign",
    x: -0.2,
    y: ahead,
    yawRad,
    sign: kind,
    plateM: 0.18,
    centreM: 0.3,
    progressM: 0,
  });
  const box: Prop = { kind: "box", x: -0.1, y: 1, yawRad: 0, lengthM: 0.6, widthM: 0.2, heightM: 0.45, colour: 0 };

  it("names the nearest sign that faces the car, within 4 m", () => {
    const found = nearestSign(eye.rays, pose, [sign(3, "stop"), sign(2, "speed_limit")]);
    expect(found?.prop.sign).toBe("speed_limit");
    expect(found?.distanceM).toBeCloseTo(Math.hypot(2 - 0.24, 0.2), 2);
    expect(nearestSign(eye.rays, pose, [sign(4.6, "stop")])).toBeUndefined();
    expect(nearestSign(eye.rays, pose, [sign(-2, "stop")])).toBeUndefined();
    expect(nearestSign(eye.rays, pose, [sign(2, "stop", Math.PI / 2)])).toBeUndefined();
  });

  it("does not see a sign behind a box", () => {
    expect(nearestSign(eye.rays, pose, [sign(2, "stop"), box])).toBeUndefined();
    expect(nearestSign(eye.rays, pose, [sign(0.7, "stop"), box])?.prop.sign).toBe("stop");
  });

  it("measures the gap to the nearest obstacle in the picture", () => {
    expect(nearestObstacle(eye.rays, pose, [box])?.distanceM).toBeCloseTo(0.9 - 0.24, 2);
    expect(nearestObstacle(eye.rays, { ...pose, yawRad: -Math.PI / 2 }, [box])).toBeUndefined();
  });
});
