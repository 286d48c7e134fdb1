import { footprintRadiusM, type Prop, topM } from "../world/prop.js";
import type { Pose } from "./draw-ground.js";
import { projectPoint, type RayTable } from "./rays.js";
import { type Hit, hitProp, type LocalProp, toCarFrame } from "./trace-prop.js";

const FARTHEST_M = 12;

/** Corners of the upright box around a prop in the car's frame, projected: the pixels that may see it. */
function boundsOf(rays: RayTable, prop: Prop, x: number, y: number) {
  const r = footprintRadiusM(prop) + 0.01;
  const { width, height } = rays.lens;
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let corner = 0; corner < 12; corner += 1) {
    const angle = (corner >> 1) * (Math.PI / 3);
    const px = x + 1.16 * r * Math.cos(angle);
    const py = y + 1.16 * r * Math.sin(angle);
    const { u, v } = projectPoint(rays, px, py, corner & 1 ? topM(prop) + 0.01 : 0);
    left = Math.min(left, Math.floor(u));
    right = Math.max(right, Math.ceil(u));
    top = Math.min(top, Math.floor(v));
    bottom = Math.max(bottom, Math.ceil(v));
  }
  return {
    left: Math.max(0, left),
    right: Math.min(width - 1, right),
    top: Math.max(0, top - 1),
    bottom: Math.min(height - 1, bottom + 1),
  };
}

/**
 * Draws props over the ground by tracing the rays of the pixels that may see them.
 *
 * @param depth - depth along the optical axis of what has been drawn so far; nearer props overwrite it.
 * @param sun - direction to the sun in the world, for the light on their sides.
 */
export function drawProps(
  frame: Uint32Array,
  depth: Float32Array,
  rays: RayTable,
  props: readonly Prop[],
  pose: Pose,
  sun: { readonly azimuthRad: number; readonly elevationRad: number },
): void {
  const light = { azimuthRad: sun.azimuthRad - pose.yawRad, elevationRad: sun.elevationRad };
  const hit: Hit = { range: 0, colour: 0 };
  const { forwardM } = rays.mount;
  for (const prop of props) {
    const local: LocalProp = toCarFrame(prop, pose);
    const away = Math.hypot(local.x - forwardM, local.y);
    if (away > FARTHEST_M || away < footprintRadiusM(prop) || local.x < forwardM - 0.2) continue;
    const { left, right, top, bottom } = boundsOf(rays, prop, local.x, local.y);
    for (let v = top; v <= bottom; v += 1) {
      for (let u = left, i = v * rays.lens.width + left; u <= right; u += 1, i += 1) {
        if (!hitProp(hit, local, rays, i, light)) continue;
        const depthM = hit.range * rays.axial[i]!;
        if (depthM >= depth[i]!) continue;
        depth[i] = depthM;
        frame[i] = hit.colour;
      }
    }
  }
}
