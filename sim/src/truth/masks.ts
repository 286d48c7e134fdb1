import type { Camera } from "../camera/camera.js";
import type { Pose } from "../camera/draw-ground.js";
import { cellClasses, classAt, type GroundMap } from "../world/ground-map.js";

/** The class of the ground that each pixel of the last frame shows; 0 also where a thing hides it. [height·width] */
function groundClasses(camera: Camera, map: GroundMap, pose: Pose, decode: (cls: number) => number): Uint8Array {
  const { rays, depthM } = camera;
  const out = new Uint8Array(depthM.length);
  const c = Math.cos(pose.yawRad);
  const s = Math.sin(pose.yawRad);
  for (let k = 0; k < rays.ground.length; k += 1) {
    const i = rays.ground[k]!;
    if (depthM[i]! < rays.groundDepthM[i]!) continue;
    const gx = rays.groundX[k]!;
    const gy = rays.groundY[k]!;
    out[i] = decode(classAt(map, pose.x + c * gx - s * gy, pose.y + s * gx + c * gy));
  }
  return out;
}

/** Road markings: 0 none, 1 solid line, 2 dash of a dashed line. */
export function markingMask(camera: Camera, map: GroundMap, pose: Pose): Uint8Array {
  return groundClasses(camera, map, pose, (cls) =>
    cls === cellClasses.solid ? 1 : cls === cellClasses.dashed ? 2 : 0,
  );
}

/** Drivable area: 1 where the road is seen, lines included. */
export function drivableMask(camera: Camera, map: GroundMap, pose: Pose): Uint8Array {
  return groundClasses(camera, map, pose, (cls) => (cls === cellClasses.other ? 0 : 1));
}

/** Depth along the optical axis in m as little-endian floats; inf where nothing is (REP 118). */
export function depthBytes(camera: Camera): Uint8Array {
  return new Uint8Array(Float32Array.from(camera.depthM).buffer);
}
