import { random } from "@polypilot/core";
import { describe, expect, it } from "vitest";
import type { Prop } from "../world/prop.js";
import { generateWorld } from "../world/world.js";
import { type Camera, camera } from "./camera.js";
import { projectPoint } from "./rays.js";

const pose = { x: 0, y: 0, yawRad: 0 };
const look = (props: readonly Prop[], width = 160, height = 120): Camera => {
  const world = generateWorld(1, { props });
  const eye = camera(random(4), world, width, height);
  eye.capture(pose, 0, 0);
  return eye;
};
const depthAt = (eye: Camera, x: number, y: number, z: number) => {
  const { u, v } = projectPoint(eye.rays, x, y, z);
  return eye.depthM[Math.round(v) * eye.rays.lens.width + Math.round(u)]!;
};
const box = {
  kind: "box",
  x: 2,
  y: 0.3,
  yawRad: 0,
  lengthM: 0.4,
  widthM: 0.5,
  heightM: 0.4,
  colour: 0x2020f0,
} as const;

describe("camera", () => {
  it("gives rgb bytes of any size", () => {
    const world = generateWorld(2);
    for (const [width, height] of [
      [160, 120],
      [320, 240],
      [64, 48],
      [97, 31],
    ] as const) {
      const bytes = camera(random(1), world, width, height).capture(pose, 0.3, 7);
      expect(bytes.length).toBe(width * height * 3);
      expect(new Set(bytes).size).toBeGreaterThan(20);
    }
  });

  it("gives the same bytes for the same pose and salt, and other noise for another salt", () => {
    const world = generateWorld(3);
    const [a, b] = [camera(random(1), world, 64, 48), camera(random(1), world, 64, 48)];
    expect(a.capture(pose, 0.2, 5)).toEqual(b.capture(pose, 0.2, 5));
    expect(a.capture(pose, 0.2, 6)).not.toEqual(b.capture(pose, 0.2, 5));
  });

  it("sees a box's front at its closed-form depth, before the ground", () => {
    const eye = look([box]);
    const { depthM } = projectPoint(eye.rays, 1.8, 0.3, 0.2);
    expect(depthAt(eye, 1.8, 0.3, 0.2)).toBeCloseTo(depthM, 1);
    expect(depthAt(eye, 1.8, 0.3, 0.2)).toBeLessThan(depthAt(look([]), 1.8, 0.3, 0.2));
  });

  it("sees round things and signs where they stand, and a sign's plate above its pole", () => {
    const barrel = { kind: "barrel", x: 1.5, y: -0.4, radiusM: 0.12, heightM: 0.35, colour: 0x00ff00 } as const;
    const cone = { kind: "cone", x: 1.5, y: 0.6, radiusM: 0.12, heightM: 0.35, colour: 0x00ff00 } as const;
    const sign = {
      kind: "sign",
      x: 1.4,
      y: 0.1,
      yawRad: Math.PI,
      sign: "stop",
      plateM: 0.2,
      centreM: 0.35,
      progressM: 0,
    } as const;
    const eye = look([barrel, cone, sign]);
    const depthOf = (x: number, y: number, z: number) => projectPoint(eye.rays, x, y, z).depthM;
    expect(depthAt(eye, 1.5, -0.4, 0.2)).toBeCloseTo(depthOf(1.38, -0.4, 0.2), 1);
    expect(depthAt(eye, 1.5, 0.6, 0.1)).toBeCloseTo(depthOf(1.42, 0.6, 0.1), 1);
    expect(depthAt(eye, 1.4, 0.1, 0.35)).toBeCloseTo(depthOf(1.4, 0.1, 0.35), 2);
    expect(depthAt(eye, 1.4, 0.16, 0.15)).toBeGreaterThan(2); // beside the pole, below the plate
  });

  it("shows a sign's picture the right way round: red at a stop sign, from behind grey", () => {
    const plate = { kind: "sign", x: 0.9, y: 0, sign: "stop", plateM: 0.3, centreM: 0.25, progressM: 0 } as const;
    const red = (yawRad: number) => {
      const world = generateWorld(1, { props: [{ ...plate, yawRad }] });
      const eye = camera(random(4), world, 160, 120);
      const bytes = eye.capture(pose, 0, 0);
      const { u, v } = projectPoint(eye.rays, 0.9, 0, 0.34);
      const i = 3 * (Math.round(v) * 160 + Math.round(u));
      return bytes[i]! - bytes[i + 1]!;
    };
    expect(red(Math.PI)).toBeGreaterThan(60);
    expect(Math.abs(red(0))).toBeLessThan(40);
  });
});
