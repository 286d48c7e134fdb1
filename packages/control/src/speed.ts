import type { Contract } from "@polypilot/core";
import { clamp } from "./limiter.js";

/**
 * The speed in m/s at which the policy wants to drive.
 *
 * Cruise, but in a bend of radius R = L / tan|δ| no more than √(a·R), so that the lateral acceleration v²/R stays below
 * `command.speed.lateral_acceleration`; and slowed linearly from all of that at `sigma.slow_above` to 0 at `sigma.stop_above`.
 *
 * @param steeringRad - the predicted steering angle δ; 0 m/s if it is no finite number.
 * @param sigmaRad - its standard deviation; undefined if the head has none, which slows nothing.
 */
export function wantedSpeed(contract: Contract, steeringRad: number, sigmaRad?: number): number {
  const { speed, steering } = contract.command;
  if (!Number.isFinite(steeringRad)) return 0;
  const slope = Math.tan(Math.min(Math.abs(steeringRad), 1.5));
  const bend = slope > 0 ? Math.sqrt((speed.lateral_acceleration * contract.robot.wheelbase_m) / slope) : Infinity;
  const sure = steering.sigma && sigmaRad !== undefined ? certainty(steering.sigma, sigmaRad) : 1;
  const [low, high] = speed.limits.value;
  return clamp(Math.min(speed.cruise, bend) * sure, low, high);
}

/** 1 up to `slow_above`, falling linearly to 0 at `stop_above`. */
function certainty(bounds: { readonly slow_above: number; readonly stop_above: number }, sigmaRad: number): number {
  if (!(sigmaRad > bounds.slow_above)) return 1;
  if (sigmaRad >= bounds.stop_above) return 0;
  return (bounds.stop_above - sigmaRad) / (bounds.stop_above - bounds.slow_above);
}
