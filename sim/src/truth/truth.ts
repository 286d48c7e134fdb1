import type { Nanoseconds } from "@polypilot/core";
import type { Track } from "../track/track.js";
import type { MotionState } from "../vehicle/motion.js";

/** The world as it is. Pose is of base_link (middle of the rear axle); + is left and counter-clockwise (REP 103). */
export interface Truth {
  readonly stampNs: Nanoseconds;
  readonly x: number;
  readonly y: number;
  readonly yawRad: number;
  readonly speedMps: number;
  readonly accelerationMps2: number;
  readonly yawRate: number;
  readonly steeringRad: number;
  readonly steeringRate: number;
  /** Distance of the car from the driven lane's centre, + when the car is left of it. */
  readonly laneOffsetM: number;
  /** Heading of the car less heading of the lane. */
  readonly headingErrorRad: number;
  /** Curvature of the lane here and 1 m ahead, + to the left. */
  readonly curvature: number;
  readonly curvatureAhead: number;
  /** Lateral distance of the road's edges from the car, + to the left of it. */
  readonly leftEdgeM: number;
  readonly rightEdgeM: number;
  readonly laneCount: number;
  readonly laneWidthM: number;
  readonly onRoad: boolean;
  /** Arc length along the course since the start of the run, counted on over rounds. */
  readonly progressM: number;
  /** Path length that the car has driven. */
  readonly distanceM: number;
}

/** How far ahead the curvature is told, in m. */
const CURVATURE_AHEAD_M = 1;

/** Angle within (−π, π]. */
export function wrapAngle(rad: number): number {
  return Math.atan2(Math.sin(rad), Math.cos(rad));
}

/** The truth of a state, located on the track near the state's own progress. */
export function truthOf(state: MotionState, track: Track, stampNs: Nanoseconds): Truth {
  const hint = ((state.progressM % track.lengthM) + track.lengthM) % track.lengthM;
  const { progressM, lateralM } = track.course.locate(state.x, state.y, hint);
  const lane = track.laneAt(progressM);
  const half = track.halfWidthM(progressM);
  return {
    stampNs,
    x: state.x,
    y: state.y,
    yawRad: wrapAngle(state.yawRad),
    speedMps: state.speedMps,
    accelerationMps2: state.accelerationMps2,
    yawRate: state.yawRate,
    steeringRad: state.steeringRad,
    steeringRate: state.steeringRate,
    laneOffsetM: lateralM - track.laneCentreM(progressM),
    headingErrorRad: wrapAngle(state.yawRad - lane.headingRad),
    curvature: lane.curvature,
    curvatureAhead: track.laneAt(progressM + CURVATURE_AHEAD_M).curvature,
    leftEdgeM: half - lateralM,
    rightEdgeM: -half - lateralM,
    laneCount: track.lanes,
    laneWidthM: track.laneWidthM(progressM),
    onRoad: Math.abs(lateralM) <= half,
    progressM: state.progressM + wrapTo(progressM - hint, track.lengthM),
    distanceM: state.distanceM,
  };
}

const wrapTo = (d: number, length: number) => d - length * Math.round(d / length);
