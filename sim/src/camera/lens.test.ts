import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directionOf, lensOf, projectOnto } from "./lens.js";
import { projectPoint, traceRays } from "./rays.js";

const lens = lensOf(160, 120, (100 * Math.PI) / 180, -0.05, 0.003);
const mount = { forwardM: 0.24, heightM: 0.22, pitchRad: 0.23, yawRad: 0.01 };

describe("lensOf", () => {
  it("spans its field of view from edge to edge", () => {
    const [x, , z] = directionOf(lens, -0.5, lens.centreY);
    expect((Math.atan2(-x, z) * 180) / Math.PI).toBeCloseTo(50, 6);
  });

  it("projects the direction of a pixel back onto that pixel", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 159, noNaN: true }),
        fc.double({ min: 0, max: 119, noNaN: true }),
        (u, v) => {
          const [x, y, z] = directionOf(lens, u, v);
          const [backU, backV] = projectOnto(lens, 3 * x, 3 * y, 3 * z);
          expect(backU).toBeCloseTo(u, 6);
          expect(backV).toBeCloseTo(v, 6);
        },
      ),
    );
  });

  it("bends the picture: a pinhole of the same focal length sees less", () => {
    const [x, , z] = directionOf(lens, 159, lens.centreY);
    expect(x / z).toBeGreaterThan((159 - lens.centreX) / lens.focalPx);
  });
});

describe("traceRays", () => {
  const rays = traceRays(lens, mount);

  it("meets the flat ground where the pixel's point projects back to it, at the depth it says", () => {
    for (let k = 0; k < rays.ground.length; k += 37) {
      const i = rays.ground[k]!;
      const { u, v, depthM } = projectPoint(rays, rays.groundX[k]!, rays.groundY[k]!, 0);
      expect(u).toBeCloseTo(i % 160, 2);
      expect(v).toBeCloseTo(Math.floor(i / 160), 2);
      expect(depthM).toBeCloseTo(rays.groundDepthM[i]!, 3);
    }
  });

  it("gives flat ground the depth h·cos θ_axis / sin θ_down in closed form, and inf above the horizon", () => {
    const column = 80;
    for (let row = 0; row < 120; row += 1) {
      const [x, y, z] = directionOf(lens, column, row);
      const down = Math.sin(mount.pitchRad) * z + Math.cos(mount.pitchRad) * y;
      const expected = down > 0 ? (mount.heightM * z) / down : Number.POSITIVE_INFINITY;
      const found = rays.groundDepthM[row * 160 + column]!;
      if (expected < 50) expect(found / expected).toBeCloseTo(1, 3);
      else expect(found).toBeGreaterThan(40);
      expect(x).toBeLessThan(0.02);
    }
  });

  it("sees left of the car on the left of the picture and the sky at its top", () => {
    expect(rays.dy[60 * 160]!).toBeGreaterThan(0.5);
    expect(rays.dz[80]!).toBeGreaterThan(0);
    expect(rays.backdrop.length + rays.ground.length).toBe(160 * 120);
  });
});
