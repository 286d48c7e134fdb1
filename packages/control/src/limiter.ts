import type { Limits } from "@polypilot/core";

/** A limited quantity and how fast it last changed, per second. */
export interface Limited {
  readonly value: number;
  readonly rate: number;
}

/** Distances below this, in the quantity's own unit, are covered in one step. */
const CLOSE = 1e-12;

/**
 * The next value on the way to `target` that keeps every limit: value, rate and acceleration.
 *
 * The mean rate of the step, v' = (x' − x) / dt, may differ from the last by at most a·dt, stays within ±rate, and is never so
 * high that x could not come to rest at the target: v'·dt + v'²/2a ≤ |target − x|, so v' = a·(√(dt² + 2·|target − x|/a) − dt).
 * Braking over steps of whatever length covers at most v²/2a, so that a value once inside its limits stays inside them for any
 * sequence of steps and targets.
 *
 * @param dtSec - length of the step; 0 or less changes nothing.
 */
export function approach(limits: Limits, from: Limited, target: number, dtSec: number): Limited {
  if (!(dtSec > 0)) return from;
  const [low, high] = limits.value;
  const goal = clamp(target, low, high);
  const distance = goal - from.value;
  const straight = distance / dtSec;
  const close = straight ** 2 / (2 * limits.acceleration) <= CLOSE;
  // The second is a·(√(dt² + 2d/a) − dt) without the difference of two nearly equal numbers.
  const wanted = close
    ? straight
    : (2 * distance) / (dtSec + Math.sqrt(dtSec ** 2 + (2 * Math.abs(distance)) / limits.acceleration));
  const step = limits.acceleration * dtSec;
  const rate = clamp(clamp(wanted, from.rate - step, from.rate + step), -limits.rate, limits.rate);
  const value = close && rate === wanted ? goal : clamp(from.value + rate * dtSec, low, high);
  return { value, rate };
}

/** The number of [low, high] nearest to `value`. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
