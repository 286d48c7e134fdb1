import { at } from "./drive-run.js";
import type { Fault } from "./sensors.js";

/** Sends nothing between two times. */
export function silent<M>(fromSec: number, toSec = Infinity): Fault<M> {
  return changed<M>(fromSec, toSec, () => []);
}

/** Sends something else between two times. */
export function changed<M>(
  fromSec: number,
  toSec: number,
  change: (message: M, atNs: bigint) => readonly M[],
): Fault<M> {
  return (message, atNs) => {
    const during = atNs >= at(fromSec) && (toSec === Infinity || atNs < at(toSec));
    return during ? change(message, atNs) : [message];
  };
}
