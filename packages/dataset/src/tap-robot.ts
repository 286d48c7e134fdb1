import type { Arrival, MessageType, MessageTypes, Robot } from "@polypilot/core";
import type { Recorder } from "./mcap/recorder.js";

export interface TapOptions {
  /** Topics that are left out of the recording. */
  readonly except?: readonly string[];
}

const taps = new WeakMap<Robot, Recorder>();

/**
 * The same robot, with all that passes through written to a recording in the order in which the program saw and did it.
 *
 * Each arrival is written once, with the time at which it was received, before it is handed to its subscribers; each message
 * published is written with the time of publishing, then forwarded. A message published here that comes back as the same object is
 * not written twice.
 */
export function tapRobot(robot: Robot, recorder: Recorder, options: TapOptions = {}): Robot {
  const except = new Set(options.except ?? []);
  const published = new WeakSet<object>();
  const topics = new Map<string, Shared>();

  const record = (arrival: Arrival) => {
    if (except.has(arrival.topic) || published.has(arrival.message)) return;
    recorder.write(arrival.topic, arrival.type, arrival.message, arrival.receivedNs);
  };
  const tapped: Robot = {
    clock: robot.clock,
    subscribe<K extends MessageType>(topic: string, type: K, onArrival: (arrival: Arrival<K>) => void) {
      const key = `${topic} ${type}`;
      let shared = topics.get(key);
      if (!shared) {
        shared = share(robot, topic, type, record);
        topics.set(key, shared);
      }
      const leave = shared.join(onArrival as (arrival: Arrival) => void);
      return () => {
        if (leave()) topics.delete(key);
      };
    },
    publish<K extends MessageType>(topic: string, type: K, message: MessageTypes[K]) {
      if (!except.has(topic)) recorder.write(topic, type, message, robot.clock.nowNs());
      published.add(message);
      robot.publish(topic, type, message);
    },
  };
  taps.set(tapped, recorder);
  return tapped;
}

interface Shared {
  /** Adds a subscriber; the returned function removes it and tells whether it was the last. */
  join(onArrival: (arrival: Arrival) => void): () => boolean;
}

/** One subscription for all subscribers of a topic, so that each arrival is written once and before any of them sees it. */
function share(robot: Robot, topic: string, type: MessageType, before: (arrival: Arrival) => void): Shared {
  const subscribers = new Set<{ readonly onArrival: (arrival: Arrival) => void }>();
  let stop: (() => void) | undefined;
  return {
    join(onArrival) {
      const entry = { onArrival };
      subscribers.add(entry);
      stop ??= robot.subscribe(topic, type, (arrival) => {
        before(arrival);
        for (const subscriber of [...subscribers]) if (subscribers.has(subscriber)) subscriber.onArrival(arrival);
      });
      return () => {
        if (!subscribers.delete(entry) || subscribers.size > 0) return false;
        stop?.();
        stop = undefined;
        return true;
      };
    },
  };
}

/**
 * Records topics to which nothing else subscribes, such as labels; returns the stop.
 *
 * @param robot - the robot, or its tap into the same recorder: then nothing is written twice.
 */
export function recordTopics(
  robot: Robot,
  recorder: Recorder,
  topics: readonly { readonly topic: string; readonly type: MessageType }[],
): () => void {
  const tapped = taps.get(robot) === recorder;
  const stops = topics.map(({ topic, type }) =>
    robot.subscribe(topic, type, (arrival: Arrival) => {
      if (!tapped) recorder.write(topic, type, arrival.message, arrival.receivedNs);
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}
