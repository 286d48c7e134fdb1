import { type Packed, POLE_RADIUS_M, type Prop, pack } from "../world/prop.js";
import { signTexture } from "../world/sign-texture.js";
import type { Pose } from "./draw-ground.js";
import type { RayTable } from "./rays.js";

/** Where a ray met a prop. */
export interface Hit {
  /** Distance along the ray, in m. */
  range: number;
  colour: Packed;
}

/** A prop in the car's frame. */
export interface LocalProp {
  readonly prop: Prop;
  readonly x: number;
  readonly y: number;
  readonly cosYaw: number;
  readonly sinYaw: number;
}

/** Direction to the sun in the car's frame. */
export interface Sun {
  readonly azimuthRad: number;
  readonly elevationRad: number;
}

/** The prop as seen from the car. */
export function toCarFrame(prop: Prop, pose: Pose): LocalProp {
  const c = Math.cos(pose.yawRad);
  const s = Math.sin(pose.yawRad);
  const ex = prop.x - pose.x;
  const ey = prop.y - pose.y;
  const yaw = (prop.kind === "box" || prop.kind === "sign" ? prop.yawRad : 0) - pose.yawRad;
  return { prop, x: c * ex + s * ey, y: c * ey - s * ex, cosYaw: Math.cos(yaw), sinYaw: Math.sin(yaw) };
}

const shaded = (colour: Packed, light: number): Packed =>
  pack((colour & 255) * light, ((colour >> 8) & 255) * light, ((colour >> 16) & 255) * light);

/** Light on a surface whose normal points along (nx, ny, nz), all in the car's frame. */
function lightOn(nx: number, ny: number, nz: number, sun: Sun): number {
  const flat = Math.cos(sun.elevationRad);
  const facing = nx * flat * Math.cos(sun.azimuthRad) + ny * flat * Math.sin(sun.azimuthRad);
  return 0.55 + 0.5 * Math.max(0, facing + nz * Math.sin(sun.elevationRad));
}

/** Meets the ray of pixel `i` with a prop; fills `hit` and returns true if it does. */
export function hitProp(hit: Hit, local: LocalProp, rays: RayTable, i: number, sun: Sun): boolean {
  const { kind } = local.prop;
  if (kind === "box") return hitBox(hit, local, local.prop, rays, i, sun);
  if (kind === "sign")
    return hitPlate(hit, local, local.prop, rays, i, sun) || hitPole(hit, local, local.prop, rays, i);
  return hitRound(hit, local, local.prop, rays, i, sun);
}

type Of<K extends Prop["kind"]> = Extract<Prop, { kind: K }>;

/** Upright box by slabs in the box's own frame. */
function hitBox(hit: Hit, local: LocalProp, box: Of<"box">, rays: RayTable, i: number, sun: Sun): boolean {
  const { cosYaw: c, sinYaw: s } = local;
  const ex = rays.mount.forwardM - local.x;
  const ey = -local.y;
  const from = [c * ex + s * ey, c * ey - s * ex, rays.mount.heightM - box.heightM / 2] as const;
  const dx = rays.dx[i]!;
  const dy = rays.dy[i]!;
  const along = [c * dx + s * dy, c * dy - s * dx, rays.dz[i]!] as const;
  const half = [box.lengthM / 2, box.widthM / 2, box.heightM / 2] as const;
  let near = 0;
  let far = Number.POSITIVE_INFINITY;
  let face = -1;
  for (let axis = 0; axis < 3; axis += 1) {
    const inverse = 1 / along[axis]!;
    const a = (-half[axis]! - from[axis]!) * inverse;
    const b = (half[axis]! - from[axis]!) * inverse;
    const low = a < b ? a : b;
    const high = a < b ? b : a;
    if (low > near) {
      near = low;
      face = axis;
    }
    if (high < far) far = high;
  }
  if (near > far || face < 0) return false;
  const out = along[face]! > 0 ? -1 : 1;
  const light =
    face === 2
      ? lightOn(0, 0, out, sun)
      : face === 0
        ? lightOn(c * out, s * out, 0, sun)
        : lightOn(-s * out, c * out, 0, sun);
  hit.range = near;
  hit.colour = shaded(box.colour, light);
  return true;
}

/** Upright cylinder, or cone with its point at the top, standing on the ground; with light stripes. */
function hitRound(
  hit: Hit,
  local: LocalProp,
  prop: Of<"cone" | "barrel">,
  rays: RayTable,
  i: number,
  sun: Sun,
): boolean {
  const slope = prop.kind === "cone" ? prop.radiusM / prop.heightM : 0;
  const ex = rays.mount.forwardM - local.x;
  const ey = -local.y;
  const dx = rays.dx[i]!;
  const dy = rays.dy[i]!;
  const dz = rays.dz[i]!;
  // Radius at height z is r − slope·z: |e + t·d|² = (r0 − slope·t·dz)², with r0 the radius at the camera's height.
  const r0 = prop.radiusM - slope * rays.mount.heightM;
  const a = dx * dx + dy * dy - slope * slope * dz * dz;
  const b = ex * dx + ey * dy + r0 * slope * dz;
  const c = ex * ex + ey * ey - r0 * r0;
  const root = b * b - a * c;
  if (root < 0) return false;
  const t = (-b - Math.sqrt(root)) / a;
  const z = rays.mount.heightM + t * dz;
  if (t > 0 && z >= 0 && z <= prop.heightM) {
    const nx = ex + t * dx;
    const ny = ey + t * dy;
    const size = Math.hypot(nx, ny) || 1;
    const stripe = Math.abs(z / prop.heightM - 0.55) < 0.14;
    hit.range = t;
    hit.colour = shaded(stripe ? 0xe6e6e6 : prop.colour, lightOn(nx / size, ny / size, slope, sun));
    return true;
  }
  if (prop.kind === "cone" || dz >= 0) return false;
  const down = (prop.heightM - rays.mount.heightM) / dz;
  if (down <= 0 || (ex + down * dx) ** 2 + (ey + down * dy) ** 2 > prop.radiusM ** 2) return false;
  hit.range = down;
  hit.colour = shaded(prop.colour, lightOn(0, 0, 1, sun));
  return true;
}

/** The plate of a sign: a textured square seen from its front, grey from behind, see-through at its corners. */
function hitPlate(hit: Hit, local: LocalProp, sign: Of<"sign">, rays: RayTable, i: number, sun: Sun): boolean {
  const { cosYaw: c, sinYaw: s } = local;
  const approach = c * rays.dx[i]! + s * rays.dy[i]!;
  if (Math.abs(approach) < 1e-6) return false;
  const t = (c * (local.x - rays.mount.forwardM) + s * local.y) / approach;
  if (t <= 0) return false;
  const z = rays.mount.heightM + t * rays.dz[i]!;
  const x = rays.mount.forwardM + t * rays.dx[i]! - local.x;
  const y = t * rays.dy[i]! - local.y;
  // Seen from the front, the right of the picture is to the plate's own left: +90° from where it looks.
  const u = (c * y - s * x) / sign.plateM + 0.5;
  const v = 0.5 - (z - sign.centreM) / sign.plateM;
  if (u < 0 || u >= 1 || v < 0 || v >= 1) return false;
  const colour = signTexture(sign.sign, sign.mirrored ? 1 - u : u, v);
  if (colour < 0) return false;
  hit.range = t;
  hit.colour = approach < 0 ? shaded(colour, lightOn(c, s, 0, sun)) : shaded(0x808080, lightOn(-c, -s, 0, sun));
  return true;
}

function hitPole(hit: Hit, local: LocalProp, sign: Of<"sign">, rays: RayTable, i: number): boolean {
  const ex = rays.mount.forwardM - local.x;
  const ey = -local.y;
  const dx = rays.dx[i]!;
  const dy = rays.dy[i]!;
  const flat = Math.hypot(dx, dy);
  const miss = Math.abs(ex * dy - ey * dx) / flat;
  if (miss > POLE_RADIUS_M) return false;
  const t = (-(ex * dx + ey * dy) / flat - Math.sqrt(POLE_RADIUS_M ** 2 - miss ** 2)) / flat;
  const z = rays.mount.heightM + t * rays.dz[i]!;
  if (t <= 0 || z < 0 || z > sign.centreM) return false;
  hit.range = t;
  hit.colour = 0x707478;
  return true;
}
