import type { MessageType, MessageTypes, Nanoseconds, Random } from "@polypilot/core";
import type { MotionState } from "../vehicle/motion.js";

/** What a sensor measures from: the state at the moment, the moment, and random numbers for this measurement alone. */
interface Moment {
  readonly stampNs: Nanoseconds;
  readonly state: MotionState;
  readonly index: number;
  readonly rng: Random;
}

/** One sensor: moments in, messages out. */
export interface Sensor<K extends MessageType = MessageType> {
  readonly type: K;
  /** Time from measurement to delivery: at least, and by chance up to this much more, in ms. */
  readonly delayMs: readonly [least: number, more: number];
  measure(moment: Moment): MessageTypes[K];
}
