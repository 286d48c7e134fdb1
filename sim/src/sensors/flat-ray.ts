import { POLE_RADIUS_M, type Prop } from "../world/prop.js";

/** Distance along a ray to a circle; Infinity if it misses or starts inside. */
function toCircle(ex: number, ey: number, dx: number, dy: number, radiusM: number): number {
  const along = ex * dx + ey * dy;
  const square = ex * ex + ey * ey - along * along;
  if (along <= 0 || square > radiusM * radiusM) return Number.POSITIVE_INFINITY;
  const range = along - Math.sqrt(radiusM * radiusM - square);
  return range > 0 ? range : Number.POSITIVE_INFINITY;
}

function toRectangle(ex: number, ey: number, dx: number, dy: number, box: Extract<Prop, { kind: "box" }>): number {
  const c = Math.cos(box.yawRad);
  const s = Math.sin(box.yawRad);
  const from = [-(c * ex + s * ey), -(c * ey - s * ex)] as const;
  const along = [c * dx + s * dy, c * dy - s * dx] as const;
  const half = [box.lengthM / 2, box.widthM / 2] as const;
  let near = Number.NEGATIVE_INFINITY;
  let far = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < 2; axis += 1) {
    const a = (-half[axis]! - from[axis]!) / along[axis]!;
    const b = (half[axis]! - from[axis]!) / along[axis]!;
    near = Math.max(near, Math.min(a, b));
    far = Math.min(far, Math.max(a, b));
  }
  return near > 0 && near <= far ? near : Number.POSITIVE_INFINITY;
}

/**
 * Distance from (x, y) along the unit direction (dx, dy) to the nearest prop that reaches the height `heightM`, in m.
 *
 * A sign counts as its pole. Infinity if there is none.
 */
export function rangeTo(props: readonly Prop[], x: number, y: number, dx: number, dy: number, heightM: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const prop of props) {
    const ex = prop.x - x;
    const ey = prop.y - y;
    let range = Number.POSITIVE_INFINITY;
    if (prop.kind === "sign") range = toCircle(ex, ey, dx, dy, POLE_RADIUS_M);
    else if (prop.heightM < heightM) continue;
    else if (prop.kind === "box") range = toRectangle(ex, ey, dx, dy, prop);
    else {
      const share = prop.kind === "cone" ? 1 - heightM / prop.heightM : 1;
      range = toCircle(ex, ey, dx, dy, prop.radiusM * share);
    }
    if (range < nearest) nearest = range;
  }
  return nearest;
}
