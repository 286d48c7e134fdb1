import { PolypilotError, type Random } from "@polypilot/core";
import { headings, maxAbs, resample, smooth } from "./polyline.js";

/** A point of a course with its direction and curvature (positive to the left). */
interface CoursePoint {
  readonly x: number;
  readonly y: number;
  readonly headingRad: number;
  readonly curvature: number;
}

/** Where a position lies along a course: arc length and signed distance to the left. */
interface CourseLocation {
  readonly progressM: number;
  readonly lateralM: number;
}

/** A closed line in the plane, sampled evenly. It never crosses itself and never comes near itself. */
export interface Course {
  readonly lengthM: number;
  /** Distance between samples, in m. */
  readonly stepM: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly headingRad: Float64Array;
  readonly curvature: Float64Array;
  /** The point at an arc length; wraps around. */
  at(progressM: number): CoursePoint;
  /** The nearest point to (x, y); near `hintM` if that is given, else anywhere. */
  locate(x: number, y: number, hintM?: number): CourseLocation;
}

const STEP_M = 0.05;
const HINT_WINDOW_M = 1.5;

/** A course through closed, evenly spaced points. */
export function courseOf(xs: Float64Array, ys: Float64Array, stepM: number): Course {
  const { headingRad, curvature } = headings(xs, ys, stepM);
  const n = xs.length;
  const lengthM = n * stepM;
  const wrap = (i: number) => ((i % n) + n) % n;
  const at = (progressM: number): CoursePoint => {
    const u = progressM / stepM;
    const low = Math.floor(u);
    const f = u - low;
    const i = wrap(low);
    const j = wrap(low + 1);
    const turn = Math.atan2(Math.sin(headingRad[j]! - headingRad[i]!), Math.cos(headingRad[j]! - headingRad[i]!));
    return {
      x: xs[i]! + f * (xs[j]! - xs[i]!),
      y: ys[i]! + f * (ys[j]! - ys[i]!),
      headingRad: headingRad[i]! + f * turn,
      curvature: curvature[i]! + f * (curvature[j]! - curvature[i]!),
    };
  };
  const nearest = (x: number, y: number, hintM?: number): number => {
    const window = Math.round(HINT_WINDOW_M / stepM);
    const from = hintM === undefined ? 0 : Math.round(hintM / stepM) - window;
    const count = hintM === undefined ? n : 2 * window + 1;
    let best = from;
    let bestSquare = Number.POSITIVE_INFINITY;
    for (let k = from; k < from + count; k += 1) {
      const i = wrap(k);
      const square = (xs[i]! - x) ** 2 + (ys[i]! - y) ** 2;
      if (square < bestSquare) {
        bestSquare = square;
        best = i;
      }
    }
    return wrap(best);
  };
  const locate = (x: number, y: number, hintM?: number): CourseLocation => {
    let progressM = nearest(x, y, hintM) * stepM;
    let lateralM = 0;
    for (let round = 0; round < 3; round += 1) {
      const p = at(progressM);
      const c = Math.cos(p.headingRad);
      const s = Math.sin(p.headingRad);
      lateralM = (y - p.y) * c - (x - p.x) * s;
      const ahead = (x - p.x) * c + (y - p.y) * s;
      progressM += Math.max(-stepM, Math.min(stepM, ahead / Math.max(0.2, 1 - p.curvature * lateralM)));
    }
    return { progressM: ((progressM % lengthM) + lengthM) % lengthM, lateralM };
  };
  return { lengthM, stepM, x: xs, y: ys, headingRad, curvature, at, locate };
}

/** Corners of a star-shaped polygon: random angles and radii, so that bends go both ways. */
function starPolygon(rng: Random, radiusM: number): { x: Float64Array; y: Float64Array } {
  const n = 8 + rng.integer(5);
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  const direction = rng.uniform() < 0.5 ? 1 : -1;
  for (let i = 0; i < n; i += 1) {
    const angle = (direction * 2 * Math.PI * (i + 0.5 * (rng.uniform() - 0.5))) / n;
    const radius = radiusM * (0.5 + 0.65 * rng.uniform());
    x[i] = radius * Math.cos(angle);
    y[i] = radius * Math.sin(angle);
  }
  return { x, y };
}

/** Whether two parts of the line that are far apart along it come nearer than `clearanceM`. */
function comesNear(x: Float64Array, y: Float64Array, stepM: number, clearanceM: number): boolean {
  const stride = Math.max(1, Math.round(0.2 / stepM));
  const apart = 2.2 * clearanceM;
  const lengthM = x.length * stepM;
  for (let i = 0; i < x.length; i += stride) {
    for (let j = i + stride; j < x.length; j += stride) {
      const along = Math.min((j - i) * stepM, lengthM - (j - i) * stepM);
      if (along > apart && Math.hypot(x[i]! - x[j]!, y[i]! - y[j]!) < clearanceM) return true;
    }
  }
  return false;
}

/**
 * A closed course by seed: straights joined by bends whose curvature rises and falls smoothly.
 *
 * A star-shaped polygon is smoothed by a Gaussian along its length until no bend is tighter than `minRadiusM`; a course that
 * comes nearer to itself than `clearanceM` is thrown away and another drawn.
 *
 * @param options.lengthM - about how long it should be.
 * @throws PolypilotError `SIM_TRACK` if no such course was found: the length is too short for the radius and the clearance.
 */
export function generateCourse(
  rng: Random,
  options: { readonly lengthM: number; readonly minRadiusM: number; readonly clearanceM: number },
): Course {
  const { lengthM, minRadiusM, clearanceM } = options;
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const polygon = starPolygon(rng.fork(attempt), lengthM / 5.6);
    const even = resample(polygon.x, polygon.y, STEP_M);
    for (let sigmaM = 0.6; sigmaM < 3; sigmaM *= 1.2) {
      const soft = smooth(even.x, even.y, sigmaM / even.stepM);
      const line = resample(soft.x, soft.y, STEP_M);
      if (maxAbs(headings(line.x, line.y, line.stepM).curvature) > 1 / minRadiusM) continue;
      if (comesNear(line.x, line.y, line.stepM, clearanceM)) break;
      return courseOf(line.x, line.y, line.stepM);
    }
  }
  throw new PolypilotError("SIM_TRACK", ["sim", "course"], {
    expected: `a closed course of about ${lengthM} m fits bends of radius ${minRadiusM} m and a clearance of ${clearanceM} m`,
    found: "none in 60 tries",
    todo: "Make the course longer, or its bends tighter or its lanes narrower",
  });
}
