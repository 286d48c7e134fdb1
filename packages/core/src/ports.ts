import type { Clock } from "./clock.js";
import type { MessageTypes } from "./messages/generated.js";
import type { Nanoseconds } from "./time.js";

/** The ROS 2 name of a message that Polypilot speaks. */
export type MessageType = keyof MessageTypes;

/** One message as it came in: its own stamp is inside, `receivedNs` is this side's time. */
export interface Arrival<K extends MessageType = MessageType> {
  readonly topic: string;
  readonly type: K;
  readonly message: MessageTypes[K];
  readonly receivedNs: Nanoseconds;
}

/**
 * A robot as the rest of Polypilot sees it: ROS 2, Gazebo, the built-in simulator and a recording all look like this.
 *
 * Callbacks run on the caller's thread, one at a time, in the order of arrival. A message's memory is not written to again after it has
 * arrived: who got it may read it later.
 */
export interface Robot {
  readonly clock: Clock;
  /** Calls `onArrival` for each message on `topic`; returns the unsubscription. A topic may have several subscribers. */
  subscribe<K extends MessageType>(topic: string, type: K, onArrival: (arrival: Arrival<K>) => void): () => void;
  publish<K extends MessageType>(topic: string, type: K, message: MessageTypes[K]): void;
}
