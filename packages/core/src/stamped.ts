import type { Nanoseconds } from "./time.js";

/** A value with the time at which it was true, as its source stamped it. */
export interface Stamped<T> {
  readonly stampNs: Nanoseconds;
  readonly value: T;
}
