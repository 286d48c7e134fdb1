/** What the car is and how it answers. */
export interface VehicleSpec {
  readonly wheelbaseM: number;
  readonly widthM: number;
  readonly wheelRadiusM: number;
  readonly maxSteeringRad: number;
  /** Fastest turn of the steering, in rad/s. */
  readonly steeringRate: number;
  /** Time constants of the steering servo, the motor and the yaw of the body, in s. */
  readonly steeringLagSec: number;
  readonly motorLagSec: number;
  readonly yawLagSec: number;
  readonly maxSpeedMps: number;
  /** Largest forward acceleration and braking, in m/s². */
  readonly acceleration: number;
  readonly braking: number;
  /** Speed at which understeer halves the yaw rate, in m/s. */
  readonly characteristicSpeedMps: number;
  /** Friction of the tyres on the road; limits the lateral acceleration to friction · g. */
  readonly friction: number;
  /** Lateral acceleration for one rad of rear slip angle, in m/s² per rad. */
  readonly rearStiffness: number;
}

/** A 1:10 car with the contract's wheelbase and width. */
export function vehicleSpec(wheelbaseM: number, widthM: number): VehicleSpec {
  return {
    wheelbaseM,
    widthM,
    wheelRadiusM: 0.05,
    maxSteeringRad: 0.45,
    steeringRate: 5,
    steeringLagSec: 0.025,
    motorLagSec: 0.12,
    yawLagSec: 0.04,
    maxSpeedMps: 3,
    acceleration: 3,
    braking: 4,
    characteristicSpeedMps: 4,
    friction: 0.8,
    rearStiffness: 60,
  };
}

/** The car at one moment. The pose is of the middle of the rear axle (base_link). */
export interface VehicleState {
  x: number;
  y: number;
  yawRad: number;
  /** Along the car; never negative beyond reversing commands. */
  speedMps: number;
  accelerationMps2: number;
  yawRate: number;
  /** Angle of the front wheels and its rate. */
  steeringRad: number;
  steeringRate: number;
  /** Slip angle at the rear axle: direction of motion less heading. */
  slipRad: number;
  /** Path length driven. */
  distanceM: number;
}

/** A car at rest. */
export function vehicleAt(x: number, y: number, yawRad: number): VehicleState {
  return {
    x,
    y,
    yawRad,
    speedMps: 0,
    accelerationMps2: 0,
    yawRate: 0,
    steeringRad: 0,
    steeringRate: 0,
    slipRad: 0,
    distanceM: 0,
  };
}

const clamp = (v: number, low: number, high: number) => (v < low ? low : v > high ? high : v);
const GRAVITY = 9.81;

/**
 * Moves the car on by `dt` seconds towards a commanded steering angle and speed.
 *
 * A single-track model for small cars: the servo follows the command with a first-order lag and a rate limit; the motor with a
 * lag and limited acceleration. In a steady bend the yaw rate is v·tan δ / (L·(1 + (v/v_ch)²)), which is understeer, no more
 * than the tyres hold (friction·g / v, approached smoothly), and the body reaches it with a lag. The rear axle slips outwards
 * by v·r / C, as a tyre with linear cornering stiffness does.
 *
 * @see Gillespie 1992, Fundamentals of Vehicle Dynamics, chapter 6, for the understeer gradient and characteristic speed.
 */
export function stepVehicle(
  state: VehicleState,
  spec: VehicleSpec,
  command: { readonly steeringRad: number; readonly speedMps: number },
  dt: number,
): void {
  const wanted = clamp(command.steeringRad, -spec.maxSteeringRad, spec.maxSteeringRad);
  state.steeringRate = clamp((wanted - state.steeringRad) / spec.steeringLagSec, -spec.steeringRate, spec.steeringRate);
  state.steeringRad += state.steeringRate * dt;

  const target = clamp(command.speedMps, -spec.maxSpeedMps / 3, spec.maxSpeedMps);
  const push = (target - state.speedMps) / spec.motorLagSec;
  const slowing = Math.abs(target) < Math.abs(state.speedMps);
  const most = slowing ? spec.braking : spec.acceleration;
  state.accelerationMps2 = clamp(push, -most, most);
  state.speedMps += state.accelerationMps2 * dt;

  const v = state.speedMps;
  const steady = (v * Math.tan(state.steeringRad)) / (spec.wheelbaseM * (1 + (v / spec.characteristicSpeedMps) ** 2));
  const holds = (spec.friction * GRAVITY) / Math.max(0.3, Math.abs(v));
  state.yawRate += ((holds * Math.tanh(steady / holds) - state.yawRate) * dt) / spec.yawLagSec;
  state.slipRad = Math.atan((-v * state.yawRate) / spec.rearStiffness) * Math.min(1, Math.abs(v) / 0.3);

  const middle = state.yawRad + 0.5 * state.yawRate * dt + state.slipRad;
  state.x += v * Math.cos(middle) * dt;
  state.y += v * Math.sin(middle) * dt;
  state.yawRad += state.yawRate * dt;
  state.distanceM += Math.abs(v) * dt;
}
