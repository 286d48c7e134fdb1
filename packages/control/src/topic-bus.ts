import type { Arrival, Clock, MessageType, MessageTypes, Robot } from "@polypilot/core";

/** A robot whose messages are handed in by the program. */
export interface TopicBus extends Robot {
  /** Lets a message arrive; false if nobody subscribes to its topic with its type. */
  deliver(topic: string, type: string, message: object, receivedNs: bigint): boolean;
}

/** A bus with no robot behind it: what is published goes to `onPublish` and to nobody else. */
export function topicBus(clock: Clock, onPublish: (topic: string, message: object) => void): TopicBus {
  const subscribers = new Map<string, Set<(arrival: Arrival) => void>>();
  const keyOf = (topic: string, type: string) => `${topic} ${type}`;
  return {
    clock,
    subscribe(topic, type, onArrival) {
      const key = keyOf(topic, type);
      const all = subscribers.get(key) ?? new Set();
      subscribers.set(key, all);
      const subscriber = onArrival as unknown as (arrival: Arrival) => void;
      all.add(subscriber);
      return () => all.delete(subscriber);
    },
    publish: (topic, _type, message) => onPublish(topic, message),
    deliver(topic, type, message, receivedNs) {
      const all = subscribers.get(keyOf(topic, type));
      if (!all?.size) return false;
      const arrival = { topic, type: type as MessageType, message: message as MessageTypes[MessageType], receivedNs };
      for (const subscriber of [...all]) subscriber(arrival);
      return true;
    },
  };
}
