import { projectPoint, type RayTable } from "../camera/rays.js";
import { footprintRadiusM, type Obstacle, type Prop, type Sign, topM } from "../world/prop.js";

/** Where the camera's car stands. */
interface Pose {
  readonly x: number;
  readonly y: number;
  readonly yawRad: number;
}

/** A thing in sight and how far it is from the camera, over the ground. */
export interface Sighting<P extends Prop> {
  readonly prop: P;
  readonly distanceM: number;
}

const SIGN_RANGE_M = 4;
const OBSTACLE_RANGE_M = 8;

function inCarFrame(pose: Pose, x: number, y: number): [number, number] {
  const c = Math.cos(pose.yawRad);
  const s = Math.sin(pose.yawRad);
  return [c * (x - pose.x) + s * (y - pose.y), c * (y - pose.y) - s * (x - pose.x)];
}

/** Whether the straight line from the camera to a point of the car's frame passes below the top of some obstacle. */
function hidden(rays: RayTable, pose: Pose, x: number, y: number, z: number, others: readonly Prop[]): boolean {
  const { forwardM, heightM } = rays.mount;
  const length = Math.hypot(x - forwardM, y);
  return others.some((other) => {
    const [ox, oy] = inCarFrame(pose, other.x, other.y);
    const along = ((ox - forwardM) * (x - forwardM) + oy * y) / length;
    const aside = Math.abs((ox - forwardM) * y - oy * (x - forwardM)) / length;
    if (along <= 0 || along >= length || aside > 0.8 * footprintRadiusM(other)) return false;
    return topM(other) > heightM + ((z - heightM) * along) / length;
  });
}

function inView(rays: RayTable, x: number, y: number, z: number): boolean {
  if (x <= rays.mount.forwardM) return false;
  const { u, v } = projectPoint(rays, x, y, z);
  return u >= 0 && v >= 0 && u <= rays.lens.width - 1 && v <= rays.lens.height - 1;
}

/** The nearest sign within 4 m that faces the camera, lies in its picture and is not hidden. */
export function nearestSign(rays: RayTable, pose: Pose, props: readonly Prop[]): Sighting<Sign> | undefined {
  let best: Sighting<Sign> | undefined;
  for (const prop of props) {
    if (prop.kind !== "sign") continue;
    const [x, y] = inCarFrame(pose, prop.x, prop.y);
    const distanceM = Math.hypot(x - rays.mount.forwardM, y);
    if (distanceM > Math.min(SIGN_RANGE_M, best?.distanceM ?? SIGN_RANGE_M)) continue;
    const facing = -(
      Math.cos(prop.yawRad - pose.yawRad) * (x - rays.mount.forwardM) +
      Math.sin(prop.yawRad - pose.yawRad) * y
    );
    if (facing < 0.2 * distanceM || !inView(rays, x, y, prop.centreM)) continue;
    const others = props.filter((other) => other.kind !== "sign");
    if (!hidden(rays, pose, x, y, prop.centreM, others)) best = { prop, distanceM };
  }
  return best;
}

/** Distance over the ground from (0, 0) to the nearest point of a thing whose middle is at (x, y). */
function gapTo(prop: Obstacle, pose: Pose, x: number, y: number): number {
  if (prop.kind !== "box") return Math.hypot(x, y) - prop.radiusM;
  const yaw = prop.yawRad - pose.yawRad;
  const along = Math.abs(Math.cos(yaw) * x + Math.sin(yaw) * y) - prop.lengthM / 2;
  const across = Math.abs(Math.cos(yaw) * y - Math.sin(yaw) * x) - prop.widthM / 2;
  return Math.hypot(Math.max(0, along), Math.max(0, across));
}

/** The nearest obstacle within 8 m whose middle lies in the camera's picture. */
export function nearestObstacle(rays: RayTable, pose: Pose, props: readonly Prop[]): Sighting<Obstacle> | undefined {
  let best: Sighting<Obstacle> | undefined;
  for (const prop of props) {
    if (prop.kind === "sign") continue;
    const [x, y] = inCarFrame(pose, prop.x, prop.y);
    const distanceM = gapTo(prop, pose, x - rays.mount.forwardM, y);
    if (distanceM > Math.min(OBSTACLE_RANGE_M, best?.distanceM ?? OBSTACLE_RANGE_M)) continue;
    if (inView(rays, x, y, prop.heightM / 2)) best = { prop, distanceM };
  }
  return best;
}
