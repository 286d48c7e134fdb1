import type { Course } from "../track/course.js";

/** Where each cell of a grid lies along a course, for cells near it. */
export interface CourseField {
  readonly width: number;
  readonly height: number;
  readonly cellM: number;
  readonly originX: number;
  readonly originY: number;
  /** [height·width]; arc length in m; NaN for cells beyond the band. */
  readonly progressM: Float32Array;
  /** [height·width]; signed distance to the left in m. */
  readonly lateralM: Float32Array;
}

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly cellM: number;
  readonly originX: number;
  readonly originY: number;
}

function gridAround(course: Course, cellM: number, marginM: number, multiple: number): Grid {
  const ends = (values: Float64Array) => [Math.min(...values) - marginM, Math.max(...values) + marginM] as const;
  const [left, right] = ends(course.x);
  const [low, high] = ends(course.y);
  const up = (m: number) => Math.ceil(m / cellM / multiple) * multiple;
  return { width: up(right - left), height: up(high - low), cellM, originX: left, originY: low };
}

const COARSE = 8;

/** The nearest sample of the course for each block of COARSE × COARSE cells; -1 beyond the band. */
function nearestSamples(course: Course, grid: Grid, bandM: number): Int32Array {
  const width = grid.width / COARSE;
  const height = grid.height / COARSE;
  const blockM = grid.cellM * COARSE;
  const nearest = new Int32Array(width * height).fill(-1);
  const squares = new Float32Array(width * height).fill((bandM + blockM) ** 2);
  const reach = Math.ceil(bandM / blockM) + 1;
  for (let i = 0; i < course.x.length; i += 1) {
    const cx = (course.x[i]! - grid.originX) / blockM;
    const cy = (course.y[i]! - grid.originY) / blockM;
    for (let y = Math.max(0, Math.floor(cy) - reach); y <= Math.min(height - 1, Math.floor(cy) + reach); y += 1) {
      for (let x = Math.max(0, Math.floor(cx) - reach); x <= Math.min(width - 1, Math.floor(cx) + reach); x += 1) {
        const square = ((x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2) * blockM ** 2;
        if (square < squares[y * width + x]!) {
          squares[y * width + x] = square;
          nearest[y * width + x] = i;
        }
      }
    }
  }
  return nearest;
}

/** Walks from a sample to the nearest one. */
function descend(course: Course, start: number, px: number, py: number): number {
  const n = course.x.length;
  const far = (i: number) => (course.x[i]! - px) ** 2 + (course.y[i]! - py) ** 2;
  let i = start;
  let d = far(i);
  for (let step = 0; step < 40; step += 1) {
    const after = i + 1 === n ? 0 : i + 1;
    const before = i === 0 ? n - 1 : i - 1;
    const da = far(after);
    const db = far(before);
    if (da >= d && db >= d) break;
    i = da < db ? after : before;
    d = Math.min(da, db);
  }
  return i;
}

/**
 * Locates every cell within `bandM` of a course.
 *
 * @param cellM - side of a cell.
 * @param marginM - ground kept around the course.
 * @param multiple - width and height are multiples of this (a multiple of 8).
 */
export function courseField(
  course: Course,
  cellM: number,
  bandM: number,
  marginM: number,
  multiple: number,
): CourseField {
  const grid = gridAround(course, cellM, marginM, multiple);
  const nearest = nearestSamples(course, grid, bandM);
  const progressM = new Float32Array(grid.width * grid.height).fill(Number.NaN);
  const lateralM = new Float32Array(grid.width * grid.height).fill(Number.POSITIVE_INFINITY);
  const blocks = grid.width / COARSE;
  for (let row = 0; row < grid.height; row += 1) {
    const py = grid.originY + (row + 0.5) * cellM;
    let last = -1;
    for (let column = 0; column < grid.width; column += 1) {
      const seed = nearest[(row >> 3) * blocks + (column >> 3)]!;
      if (seed < 0) continue;
      const px = grid.originX + (column + 0.5) * cellM;
      const from = last >= 0 && (column & 7) !== 0 ? last : seed;
      last = descend(course, from, px, py);
      const c = Math.cos(course.headingRad[last]!);
      const s = Math.sin(course.headingRad[last]!);
      const ex = px - course.x[last]!;
      const ey = py - course.y[last]!;
      const side = ey * c - ex * s;
      const ahead = (ex * c + ey * s) / Math.max(0.2, 1 - course.curvature[last]! * side);
      const cell = row * grid.width + column;
      progressM[cell] = last * course.stepM + ahead;
      lateralM[cell] = side - 0.5 * course.curvature[last]! * ahead * ahead;
    }
  }
  return { ...grid, progressM, lateralM };
}
