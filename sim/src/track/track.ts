import { type Random, random } from "@polypilot/core";
import type { Prop } from "../world/prop.js";
import { type Course, generateCourse } from "./course.js";
import { type Marking, markingsOf } from "./markings.js";

/** What may be asked of a track; everything else is drawn by the seed. */
export interface TrackOptions {
  readonly lanes: 1 | 2;
  /** Narrowest and widest lane, in m. */
  readonly laneWidthM: readonly [number, number];
  /** Tightest bend of the driven lane's centre, in m. */
  readonly minRadiusM: number;
  /** About how long one round is, in m. */
  readonly lengthM: number;
  readonly signs: boolean;
  readonly obstacles: boolean;
  /** Exactly these signs and obstacles instead of drawn ones. */
  readonly props: readonly Prop[];
}

/** A point of the driven lane's centre. Curvature is the lane's own, positive to the left. */
export interface LanePoint {
  readonly x: number;
  readonly y: number;
  readonly headingRad: number;
  readonly curvature: number;
}

/** A closed road: a course, its lanes and their lines. Lateral distances are from the course, positive to the left. */
export interface Track {
  readonly course: Course;
  readonly lengthM: number;
  readonly lanes: 1 | 2;
  laneWidthM(progressM: number): number;
  /** Lateral position of the driven (right) lane's centre: 0 with one lane. */
  laneCentreM(progressM: number): number;
  /** Half the road's width; its edges are at ± this. */
  halfWidthM(progressM: number): number;
  /** The driven lane's centre at an arc length of the course. */
  laneAt(progressM: number): LanePoint;
  /** The lines: edges and, with two lanes, the middle. */
  readonly markings: readonly Marking[];
}

/** A sum of harmonics that closes with the course: values in [0, 1], smooth. */
function closedNoise(rng: Random, lengthM: number): (progressM: number) => number {
  const waves = [1, 2, 3, 5, 7].map((k) => ({
    k,
    phase: 2 * Math.PI * rng.uniform(),
    size: rng.uniform() / Math.sqrt(k),
  }));
  const total = waves.reduce((sum, w) => sum + w.size, 0) || 1;
  return (progressM) => {
    const angle = (2 * Math.PI * progressM) / lengthM;
    return 0.5 + (0.5 * waves.reduce((sum, w) => sum + w.size * Math.cos(w.k * angle + w.phase), 0)) / total;
  };
}

/** A function of the arc length, read from a table with a value about every 0.1 m: exact enough, and fast. */
function tabulated(f: (progressM: number) => number, lengthM: number): (progressM: number) => number {
  const n = Math.ceil(lengthM / 0.1);
  const table = Float64Array.from({ length: n + 1 }, (_, i) => f((i * lengthM) / n));
  return (progressM) => {
    const u = (progressM / lengthM - Math.floor(progressM / lengthM)) * n;
    const i = Math.min(n - 1, Math.floor(u));
    return table[i]! + (u - i) * (table[i + 1]! - table[i]!);
  };
}

/**
 * The track of a seed.
 *
 * With two lanes the course is the road's middle and the car drives right of it; with one lane the course is the lane's
 * centre. The lane's width varies slowly within `laneWidthM`.
 *
 * @throws PolypilotError `SIM_TRACK` if the options leave no room for a closed course.
 */
export function generateTrack(seed: number, options: Partial<TrackOptions> = {}): Track {
  const rng = random(seed).fork("track");
  const lanes = options.lanes ?? (rng.uniform() < 0.5 ? 1 : 2);
  const low = options.laneWidthM?.[0] ?? 0.55 + 0.12 * rng.uniform();
  const high = options.laneWidthM?.[1] ?? Math.min(0.85, low + 0.05 + 0.15 * rng.uniform());
  const minRadiusM = (options.minRadiusM ?? 1.05 + 0.5 * rng.uniform()) + (lanes === 2 ? high / 2 : 0);
  const course = generateCourse(rng.fork("course"), {
    lengthM: options.lengthM ?? 45 + 30 * rng.uniform(),
    minRadiusM,
    clearanceM: lanes * high + 1,
  });
  const noise = closedNoise(rng.fork("width"), course.lengthM);
  const laneWidthM = tabulated((s) => low + (high - low) * noise(s), course.lengthM);
  const laneCentreM = (s: number) => (lanes === 2 ? -laneWidthM(s) / 2 : 0);
  const laneAt = (s: number): LanePoint => {
    const p = course.at(s);
    const d = laneCentreM(s);
    const slope = lanes === 2 ? (laneCentreM(s + 0.1) - laneCentreM(s - 0.1)) / 0.2 : 0;
    return {
      x: p.x - d * Math.sin(p.headingRad),
      y: p.y + d * Math.cos(p.headingRad),
      headingRad: p.headingRad + Math.atan2(slope, 1 - p.curvature * d),
      curvature: p.curvature / (1 - p.curvature * d),
    };
  };
  return {
    course,
    lengthM: course.lengthM,
    lanes,
    laneWidthM,
    laneCentreM,
    halfWidthM: (s) => (laneWidthM(s) * lanes) / 2,
    laneAt,
    markings: markingsOf(rng.fork("markings"), lanes, course.lengthM),
  };
}
