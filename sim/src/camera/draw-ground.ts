import { type GroundMap, MAP_LEVELS } from "../world/ground-map.js";
import { PANORAMA_COLUMNS, panoramaRow } from "../world/panorama.js";
import type { RayTable } from "./rays.js";

/** Where the camera's car stands. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly yawRad: number;
}

/** Look-up tables of one camera on one map: which resolution each pixel reads, and where. */
export interface GroundTable {
  readonly level: Uint8Array;
  /** Ground points in cells of their level. */
  readonly cellsX: Float32Array;
  readonly cellsY: Float32Array;
  readonly panoramaColumn: Int32Array;
  readonly panoramaOffset: Int32Array;
}

/** Prepares the tables for a camera on a map. */
export function groundTable(rays: RayTable, map: GroundMap): GroundTable {
  const level = Uint8Array.from(rays.footprintM, (size) =>
    Math.max(0, Math.min(MAP_LEVELS - 1, Math.round(Math.log2(size / map.cellM) - 0.5))),
  );
  const inCells = (metres: Float32Array) => metres.map((m, k) => m / (map.cellM * 2 ** level[k]!));
  const column = (i: number) => Math.round((Math.atan2(rays.dy[i]!, rays.dx[i]!) / (2 * Math.PI)) * PANORAMA_COLUMNS);
  return {
    level,
    cellsX: inCells(rays.groundX),
    cellsY: inCells(rays.groundY),
    panoramaColumn: rays.backdrop.map(column),
    panoramaOffset: rays.backdrop.map((i) => panoramaRow(Math.asin(rays.dz[i]!)) * PANORAMA_COLUMNS),
  };
}

/** Draws ground into `frame` (packed colours), blending the four nearest cells of each pixel's level. */
export function drawGround(frame: Uint32Array, rays: RayTable, table: GroundTable, map: GroundMap, pose: Pose): void {
  const c = Math.cos(pose.yawRad);
  const s = Math.sin(pose.yawRad);
  const { colours, levels, outside } = map;
  const { level, cellsX, cellsY } = table;
  const { ground } = rays;
  for (let l = 0, k = 0; l < MAP_LEVELS; l += 1) {
    // Pixels are sorted by level, so that each level's numbers stay at hand.
    const { width, height, offset } = levels[l]!;
    const scale = 1 / (map.cellM * 2 ** l);
    const x0 = (pose.x - map.originX) * scale - 0.5;
    const y0 = (pose.y - map.originY) * scale - 0.5;
    for (; k < ground.length && level[k] === l; k += 1) {
      const u = x0 + c * cellsX[k]! - s * cellsY[k]!;
      const v = y0 + s * cellsX[k]! + c * cellsY[k]!;
      if (!(u >= 0 && v >= 0 && u < width - 1 && v < height - 1)) {
        frame[ground[k]!] = outside;
        continue;
      }
      const iu = u | 0;
      const iv = v | 0;
      const fu = ((u - iu) * 256) | 0;
      const fv = ((v - iv) * 256) | 0;
      const at = offset + iv * width + iu;
      const a = colours[at]!;
      const b = colours[at + 1]!;
      const d = colours[at + width]!;
      const e = colours[at + width + 1]!;
      const topRb = ((Math.imul(a & 0xff00ff, 256 - fu) + Math.imul(b & 0xff00ff, fu)) >>> 8) & 0xff00ff;
      const lowRb = ((Math.imul(d & 0xff00ff, 256 - fu) + Math.imul(e & 0xff00ff, fu)) >>> 8) & 0xff00ff;
      const topG = (Math.imul((a >>> 8) & 0xff, 256 - fu) + Math.imul((b >>> 8) & 0xff, fu)) >>> 8;
      const lowG = (Math.imul((d >>> 8) & 0xff, 256 - fu) + Math.imul((e >>> 8) & 0xff, fu)) >>> 8;
      frame[ground[k]!] =
        (((Math.imul(topRb, 256 - fv) + Math.imul(lowRb, fv)) >>> 8) & 0xff00ff) |
        ((Math.imul(topG, 256 - fv) + Math.imul(lowG, fv)) & 0xff00);
    }
  }
}

/** Draws sky and skyline into `frame`. */
export function drawBackdrop(
  frame: Uint32Array,
  rays: RayTable,
  table: GroundTable,
  panorama: Uint32Array,
  pose: Pose,
): void {
  const turned = Math.round((pose.yawRad / (2 * Math.PI)) * PANORAMA_COLUMNS);
  const { backdrop } = rays;
  const { panoramaColumn, panoramaOffset } = table;
  for (let k = 0; k < backdrop.length; k += 1) {
    frame[backdrop[k]!] = panorama[panoramaOffset[k]! + ((panoramaColumn[k]! + turned) & (PANORAMA_COLUMNS - 1))]!;
  }
}
