import type { Random } from "@polypilot/core";
import type { Truth } from "../truth/truth.js";

/** Steering to add to a clean command at a time, in rad. Times must not go back. */
export type Perturbation = (atSec: number, truth: Truth) => number;

/** Offset and heading error beyond which a disturbance ends at once. */
const MOST_OFFSET = 0.31;
const MOST_HEADING_RAD = 0.35;
const PAUSE_SEC = [0.8, 3] as const;
const BURST_SEC = [0.5, 1.5] as const;
const BURST_RAD = [0.06, 0.3] as const;
const OFFSET_SEC = [1.5, 3.5] as const;
const OFFSET_SHARE = 0.3;
const OFFSET_M = [0.05, 0.19] as const;
/** Steering for one metre of wanted offset: what the expert would give back. */
const OFFSET_RAD_PER_M = 1.25;

/**
 * Disturbances by seed: bursts of wrong steering of 0.5–1.5 s, and spells in which the car is held off the centre.
 *
 * A disturbance ends early where the car is about to leave its lane, so that the recovery is learnt and the road is kept.
 *
 * @see Laskey et al. 2017, DART: Noise Injection for Robust Imitation Learning, arXiv:1703.09327. Differs from it: bursts
 * rather than Gaussian noise at each step, since steering noise at each frame hardly moves a car.
 */
export function perturbation(rng: Random): Perturbation {
  const within = ([low, high]: readonly [number, number]) => low + (high - low) * rng.uniform();
  let untilSec = Number.NEGATIVE_INFINITY;
  let pushRad = 0;
  let active = true;
  return (atSec, truth) => {
    if (untilSec === Number.NEGATIVE_INFINITY) untilSec = atSec;
    if (atSec >= untilSec) {
      active = !active;
      const side = rng.uniform() < 0.5 ? -1 : 1;
      const holds = rng.uniform() < OFFSET_SHARE;
      pushRad = side * (holds ? OFFSET_RAD_PER_M * within(OFFSET_M) : within(BURST_RAD));
      untilSec = atSec + within(active ? (holds ? OFFSET_SEC : BURST_SEC) : PAUSE_SEC);
    }
    if (!active) return 0;
    const away = truth.laneOffsetM + 0.25 * truth.speedMps * Math.sin(truth.headingErrorRad);
    const outwards = away * pushRad > 0;
    if (
      outwards &&
      (Math.abs(away) > MOST_OFFSET * truth.laneWidthM || Math.abs(truth.headingErrorRad) > MOST_HEADING_RAD)
    ) {
      untilSec = atSec;
      return 0;
    }
    return pushRad;
  };
}
