import { directionOf, type Lens, projectOnto } from "./lens.js";

/** Where the camera sits on the car: forward of base_link, above the ground, tilted down and turned left. */
export interface Mount {
  readonly forwardM: number;
  readonly heightM: number;
  readonly pitchRad: number;
  readonly yawRad: number;
}

/** What each pixel looks at, in the car's frame (x forward, y left, z up); the same for every frame. */
export interface RayTable {
  readonly lens: Lens;
  readonly mount: Mount;
  /** Unit directions, [height·width] each. */
  readonly dx: Float32Array;
  readonly dy: Float32Array;
  readonly dz: Float32Array;
  /** Depth along the optical axis for one metre along the ray. */
  readonly axial: Float32Array;
  /** Pixels that see the ground nearer than `GROUND_RANGE_M`, those with the smallest footprint first. */
  readonly ground: Int32Array;
  /** Point on the ground for each entry of `ground`. */
  readonly groundX: Float32Array;
  readonly groundY: Float32Array;
  /** Size of the pixel on the ground, in m: geometric mean of its length and breadth. */
  readonly footprintM: Float32Array;
  /** Pixels that see no ground that near. */
  readonly backdrop: Int32Array;
  /** Depth along the optical axis of the flat ground, in m; Infinity above the horizon. [height·width] */
  readonly groundDepthM: Float32Array;
}

/** Farthest distance at which the ground is drawn from the map. */
const GROUND_RANGE_M = 14;

/** Optical frame (right, down, forward) to the car's frame, for a mount. */
function opticalToCar(mount: Mount, [right, down, forward]: readonly [number, number, number]) {
  const cp = Math.cos(mount.pitchRad);
  const sp = Math.sin(mount.pitchRad);
  const cy = Math.cos(mount.yawRad);
  const sy = Math.sin(mount.yawRad);
  const x = cp * forward - sp * down;
  const z = -sp * forward - cp * down;
  const y = -right;
  return [cy * x - sy * y, sy * x + cy * y, z] as const;
}

/** Pixel and depth along the optical axis of a point in the car's frame. */
export function projectPoint(table: Pick<RayTable, "lens" | "mount">, x: number, y: number, z: number) {
  const { mount, lens } = table;
  const cy = Math.cos(mount.yawRad);
  const sy = Math.sin(mount.yawRad);
  const cp = Math.cos(mount.pitchRad);
  const sp = Math.sin(mount.pitchRad);
  const px = x - mount.forwardM;
  const pz = z - mount.heightM;
  const along = cy * px + sy * y;
  const left = -sy * px + cy * y;
  const depthM = cp * along - sp * pz;
  const [u, v] = projectOnto(lens, -left, -sp * along - cp * pz, depthM);
  return { u, v, depthM };
}

/** Traces every pixel of a lens on a mount to the flat ground. */
export function traceRays(lens: Lens, mount: Mount): RayTable {
  const n = lens.width * lens.height;
  const fields = () => new Float32Array(n);
  const table = { dx: fields(), dy: fields(), dz: fields(), axial: fields(), groundDepthM: fields() };
  const points: { i: number; x: number; y: number; size: number }[] = [];
  const backdrop: number[] = [];
  for (let i = 0; i < n; i += 1) {
    const optical = directionOf(lens, i % lens.width, Math.floor(i / lens.width));
    const [x, y, z] = opticalToCar(mount, optical);
    table.dx[i] = x;
    table.dy[i] = y;
    table.dz[i] = z;
    table.axial[i] = optical[2];
    const range = z < 0 ? mount.heightM / -z : Number.POSITIVE_INFINITY;
    table.groundDepthM[i] = range * optical[2];
    if (range > GROUND_RANGE_M) {
      backdrop.push(i);
      continue;
    }
    const across = range / lens.focalPx;
    points.push({ i, x: mount.forwardM + range * x, y: range * y, size: across / Math.sqrt(-z) });
  }
  points.sort((a, b) => a.size - b.size);
  return {
    lens,
    mount,
    ...table,
    ground: Int32Array.from(points, (p) => p.i),
    groundX: Float32Array.from(points, (p) => p.x),
    groundY: Float32Array.from(points, (p) => p.y),
    footprintM: Float32Array.from(points, (p) => p.size),
    backdrop: Int32Array.from(backdrop),
  };
}
