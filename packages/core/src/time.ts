import type { Time } from "./messages/generated.js";

/** Time in nanoseconds since an epoch that the clock defines; never a JavaScript number. */
export type Nanoseconds = bigint;

const NS_PER_SEC = 1_000_000_000n;

/** Nanoseconds from a ROS time. */
export function fromRosTime(time: Time): Nanoseconds {
  return BigInt(time.sec) * NS_PER_SEC + BigInt(time.nanosec);
}

/** A ROS time from nanoseconds. Negative times round towards minus infinity, so that 0 ≤ nanosec < 1e9. */
export function toRosTime(ns: Nanoseconds): Time {
  const rest = ((ns % NS_PER_SEC) + NS_PER_SEC) % NS_PER_SEC;
  return { sec: Number((ns - rest) / NS_PER_SEC), nanosec: Number(rest) };
}

/** Nanoseconds from milliseconds, rounded to the nearest. */
export function msToNs(ms: number): Nanoseconds {
  return BigInt(Math.round(ms * 1e6));
}

/** Nanoseconds from seconds, rounded to the nearest. */
export function secToNs(sec: number): Nanoseconds {
  return BigInt(Math.round(sec * 1e9));
}

/** Seconds as a number: for differences and durations, exact to the nanosecond up to 104 days. */
export function nsToSec(ns: Nanoseconds): number {
  return Number(ns) / 1e9;
}

/** Milliseconds as a number. */
export function nsToMs(ns: Nanoseconds): number {
  return Number(ns) / 1e6;
}
