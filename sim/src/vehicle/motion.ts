import type { Nanoseconds } from "@polypilot/core";
import type { Track } from "../track/track.js";
import { stepVehicle, type VehicleSpec, type VehicleState, vehicleAt } from "./vehicle.js";

/** A command as the car takes it. */
export interface DriveCommand {
  readonly steeringRad: number;
  readonly speedMps: number;
}

/** All that moves: the car, its wheels, what it believes of its way, and where along the track it is. */
export interface MotionState extends VehicleState {
  /** Dead-reckoned pose: with a wheel and a gyro that are a little off, as real ones are. */
  odomX: number;
  odomY: number;
  odomYawRad: number;
  /** Turned angle of each wheel: rear left, rear right, front left, front right. */
  readonly wheelRad: [number, number, number, number];
  /** Arc length along the course, counted on over rounds. */
  progressM: number;
}

/** The car's motion over time. Physics runs in fixed steps on a grid of the clock, however late anyone looks. */
export interface Motion {
  /** Takes a command that arrives at `atNs`; it acts after the actuators' delay. */
  command(command: DriveCommand, atNs: Nanoseconds): void;
  /** The state at `atNs`, never before the last one that was asked for; a fresh object. */
  stateAt(atNs: Nanoseconds): MotionState;
  /** Time that the physics has reached: no earlier state is to be had. */
  reachedNs(): Nanoseconds;
  /** Puts the car at rest on the driven lane's centre. */
  place(progressM: number, atNs: Nanoseconds): void;
}

const STEP_NS = 4_000_000n;
const STEP_SEC = 0.004;
const TRACKING_STEPS = 5;

/** Delay of the actuators. */
export const ACTUATOR_DELAY_NS = 40_000_000n;

/** Age of a command at which the car brakes. */
const COMMAND_TIMEOUT_NS = 500_000_000n;

/** Speed of each wheel along its path, in m/s: rear left, rear right, front left, front right. */
export function wheelSpeeds(state: VehicleState, spec: VehicleSpec): [number, number, number, number] {
  const half = 0.42 * spec.widthM * state.yawRate;
  const front = 1 / Math.max(0.5, Math.cos(state.steeringRad));
  const v = state.speedMps;
  return [v - half, v + half, (v - half) * front, (v + half) * front];
}

const copyOf = (state: MotionState): MotionState => ({ ...state, wheelRad: [...state.wheelRad] });

function advance(
  state: MotionState,
  spec: VehicleSpec,
  command: DriveCommand,
  dt: number,
  errors: { readonly wheel: number; readonly gyro: number },
): void {
  stepVehicle(state, spec, command, dt);
  const speeds = wheelSpeeds(state, spec);
  for (let i = 0; i < 4; i += 1) state.wheelRad[i]! += (speeds[i]! / spec.wheelRadiusM) * dt;
  state.odomYawRad += (state.yawRate * (1 + errors.gyro) + errors.gyro * 0.1) * dt;
  state.odomX += state.speedMps * (1 + errors.wheel) * Math.cos(state.odomYawRad) * dt;
  state.odomY += state.speedMps * (1 + errors.wheel) * Math.sin(state.odomYawRad) * dt;
}

/**
 * @param errors - relative errors of wheel and gyro, for odometry.
 * @param startProgressM - where on the track the car stands at first.
 */
export function motion(
  track: Track,
  spec: VehicleSpec,
  startNs: Nanoseconds,
  errors: { readonly wheel: number; readonly gyro: number },
  startProgressM: number,
): Motion {
  let gridNs = startNs;
  let steps = 0;
  let last: { readonly command: DriveCommand; readonly atNs: Nanoseconds } | undefined;
  const waiting: { readonly command: DriveCommand; readonly atNs: Nanoseconds }[] = [];
  const onLane = (progressM: number): VehicleState => {
    const p = track.laneAt(progressM);
    return vehicleAt(p.x, p.y, p.headingRad);
  };
  const state: MotionState = {
    ...onLane(startProgressM),
    odomX: 0,
    odomY: 0,
    odomYawRad: 0,
    wheelRad: [0, 0, 0, 0],
    progressM: startProgressM,
  };
  const commandAt = (atNs: Nanoseconds): DriveCommand => {
    while (waiting.length > 0 && waiting[0]!.atNs + ACTUATOR_DELAY_NS <= atNs) last = waiting.shift()!;
    if (!last) return { steeringRad: 0, speedMps: 0 };
    return atNs - last.atNs > COMMAND_TIMEOUT_NS
      ? { steeringRad: last.command.steeringRad, speedMps: 0 }
      : last.command;
  };
  const follow = () => {
    const before = ((state.progressM % track.lengthM) + track.lengthM) % track.lengthM;
    const now = track.course.locate(state.x, state.y, before).progressM;
    let moved = now - before;
    if (moved > track.lengthM / 2) moved -= track.lengthM;
    if (moved < -track.lengthM / 2) moved += track.lengthM;
    state.progressM += moved;
  };
  const advanceTo = (atNs: Nanoseconds) => {
    while (gridNs + STEP_NS <= atNs) {
      advance(state, spec, commandAt(gridNs), STEP_SEC, errors);
      gridNs += STEP_NS;
      steps += 1;
      if (steps % TRACKING_STEPS === 0) follow();
    }
  };
  return {
    command(command, atNs) {
      waiting.push({ command, atNs });
    },
    stateAt(atNs) {
      advanceTo(atNs);
      const copy = copyOf(state);
      const rest = Number(atNs - gridNs) / 1e9;
      if (rest > 0) advance(copy, spec, commandAt(gridNs), rest, errors);
      return copy;
    },
    reachedNs: () => gridNs,
    place(progressM, atNs) {
      advanceTo(atNs);
      const { distanceM } = state;
      Object.assign(state, onLane(progressM), { distanceM, progressM });
    },
  };
}
